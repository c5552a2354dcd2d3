/** DocuSign's scalars are strings, booleans too; it tells more than is named here. */
export type DocusignEnvelope = {
  envelopeId: string;
  /** Such as `created`, `sent`, `delivered`, `completed`, `declined`, `voided`. */
  status: string;
  [more: string]: unknown;
};

export type DocusignDocument = { documentId: string; name?: string; type?: string; [more: string]: unknown };
