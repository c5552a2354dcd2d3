/** What the verbs read of the API's answers, which hold more. */
export type DocumentAnswer = {
  id: string;
  jobId: string;
  connectionId: string;
  provider: string;
  subject: string;
  kind: string;
  name: string;
  contentType: string;
  sha256: string;
  sizeBytes: number;
  callId: string | null;
  state: string;
  storedAt: string;
  verifiedAt: string | null;
};

export type JobAnswer = {
  id: string;
  connectionId: string;
  provider: string;
  subject: string;
  completion: string;
  state: string;
  attempts: number;
  lastError: string | null;
  dueAt: string | null;
};

export type VerificationAnswer = {
  state: 'running' | 'finished';
  startedAt: string;
  finishedAt: string | null;
  total: number;
  checked: number;
  damaged: number;
  missing: number;
};
