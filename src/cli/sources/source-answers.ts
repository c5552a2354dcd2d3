/** What the verbs read of the API's answers, which hold more. */
export type SourceAnswer = {
  id: string;
  url: string;
  provider: string;
  name: string;
  status: string;
  options: Record<string, string | number | boolean>;
  coverage: string | null;
  credentials: { name: string; kind: string; expiresAt: string | null; expired: boolean }[];
  allowAddresses: string[] | null;
  rateLimit: { perSecond: number } | null;
  bodyMaxBytes: number;
  dedupeWindowSeconds: number;
  activity: {
    received: number;
    duplicates: number;
    rejected: number;
    lastReceivedAt: string | null;
    lastRejected: { at: string; reason: string; detail: string } | null;
  };
  generated?: { name: string; kind: string; value: string }[];
};

export type RejectionAnswer = {
  minute: string;
  reason: string;
  meaning: string;
  count: number;
  lastDetail: string;
  lastAddress: string | null;
  lastSizeBytes: number | null;
};

export type ProviderAnswer = {
  name: string;
  title: string;
  setup: string;
  credentialKinds: { name: string; title: string; description: string; canBeGenerated: boolean }[];
  options: Record<
    string,
    {
      kind: 'text' | 'choice' | 'whole' | 'flag';
      description: string;
      default: string | number | boolean;
      choices?: string[];
      minimum?: number;
      maximum?: number;
    }
  >;
  coverages: string[];
  eventTypes: { name: string; description: string }[];
};
