import type { DocumentKind } from '../providers/archive-plan.ts';

export const documentStates = ['stored', 'damaged', 'missing'] as const;
export type DocumentState = (typeof documentStates)[number];

/** A document in the archive. */
export type ArchivedDocument = {
  id: string;
  jobId: string;
  connectionId: string;
  provider: string;
  subject: string;
  kind: DocumentKind;
  /** A file name. */
  name: string;
  contentType: string;
  /** Lower case hex. */
  sha256: string;
  sizeBytes: number;
  /** The call that fetched it. */
  callId: string | null;
  state: DocumentState;
  storedAt: string;
  /** When its bytes were last compared with their hash. */
  verifiedAt: string | null;
};
