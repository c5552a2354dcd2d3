export type EnvelopeStatus = 'DRAFT' | 'PENDING' | 'COMPLETED' | 'REJECTED' | 'CANCELLED';
export type DocumensoRole = 'CC' | 'SIGNER' | 'VIEWER' | 'APPROVER' | 'ASSISTANT';

/** An envelope as lists have it. Documenso tells more than is named here. */
export type Envelope = {
  id: string;
  type: 'DOCUMENT' | 'TEMPLATE';
  status: EnvelopeStatus;
  source: 'DOCUMENT' | 'TEMPLATE' | 'TEMPLATE_DIRECT_LINK';
  externalId: string | null;
  title: string;
  /** RFC 3339. */
  createdAt: string;
  updatedAt: string;
  completedAt: string | null;
  recipients: EnvelopeRecipient[];
  [more: string]: unknown;
};

/** The names of `envelopeItems` are those of Documenso's own client. */
export type EnvelopeDetails = Envelope & { envelopeItems: { id: string; title: string; order: number }[] };

export type EnvelopeRecipient = {
  id: number;
  email: string;
  name: string;
  /** Whoever has it can sign: keep it out of logs. */
  token: string;
  role: DocumensoRole;
  signingOrder: number | null;
  [more: string]: unknown;
};

/** A recipient of an envelope that was just distributed. `token` and `signingUrl` are as good as a signature. */
export type SigningRecipient = EnvelopeRecipient & { signingUrl: string };

/** A file to upload; `openAsBlob` of `node:fs` makes one that is not read into memory. */
export type DocumensoFile = { name: string; content: Blob | Uint8Array<ArrayBuffer> };
