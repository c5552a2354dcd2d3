/** What the verbs read of the API's answers, which hold more. */
export type CallAnswer = {
  id: string;
  connectionId: string;
  provider: string;
  environment: string;
  apiKeyId: string | null;
  origin: string;
  method: string;
  operation: string;
  subject: string | null;
  path: string;
  counted: boolean;
  outcome: 'running' | 'succeeded' | 'failed' | 'unknown';
  status: number | null;
  answered: number | null;
  error: string | null;
  errorCode: string | null;
  cache: string | null;
  polling: string | null;
  tryCount: number | null;
  firstByteMs: number | null;
  totalMs: number | null;
  requestBytes: number | null;
  responseBytes: number | null;
  startedAt: string;
  endedAt: string | null;
};

type BodyAnswer = { encoding: string; content: string; sizeBytes: number };

export type CallDetailAnswer = CallAnswer & {
  template: string;
  resource: string | null;
  tries: { status: number | null; error: string | null; at: string; durationMs: number }[];
  timing: Record<'queueMs' | 'dnsMs' | 'connectMs' | 'tlsMs' | 'firstByteMs' | 'totalMs', number | null>;
  repeats: { callId: string; agoMs: number; pattern: string } | null;
  credentialId: string | null;
  credentialKind: string | null;
  rateHeaders: Record<string, string> | null;
  requestBody: BodyAnswer | null;
  responseBody: BodyAnswer | null;
};

type Percentiles = { p50: number; p95: number; p99: number };
export type FiguresAnswer = {
  calls: number;
  succeeded: number;
  failed: number;
  running: number;
  unknown: number;
  successRate: number | null;
  totalMs: Percentiles | null;
  firstByteMs: Percentiles | null;
  retries: number;
  requestBytes: number;
  responseBytes: number;
  fromCache: number;
  polling: { violations: number; served: number; refused: number };
  errors: Record<string, number>;
};
export type Bucket = { upToMs: number | null; calls: number };

export type StatisticsAnswer = {
  since: string;
  until: string;
  sampledSince: string | null;
  overall: FiguresAnswer & { histogram: Bucket[] };
  groups: (FiguresAnswer & { key: string })[];
};

export type ViolationAnswer = {
  connectionId: string;
  provider: string;
  subject: string | null;
  resource: string | null;
  pattern: string;
  minutesBetween: number;
  first: { id: string; at: string; operation: string | null };
  second: { id: string; at: string; operation: string; path: string };
  remedy: string;
};
