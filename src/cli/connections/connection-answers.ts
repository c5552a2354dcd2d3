/** What the verbs read of the API's answers, which hold more. */
export type ConnectionAnswer = {
  id: string;
  url: string;
  provider: string;
  environment: string;
  name: string;
  status: string;
  baseUrl: string | null;
  options: Record<string, string | number | boolean>;
  /** In the order in which they are used. */
  credentials: {
    name: string;
    kind: string;
    expiresAt: string | null;
    expired: boolean;
    lastUsedAt: string | null;
    usesLast24Hours: number;
  }[];
  policy: Record<string, Record<string, unknown>>;
  sources: string[];
  archive: boolean;
};

type EnvironmentAnswer = {
  baseUrl: string | null;
  hosts: string[];
  budgets: { name: string; limit: number; windowMs: number }[];
};

export type ApiProviderAnswer = {
  name: string;
  title: string;
  setup: string;
  environments: { sandbox: EnvironmentAnswer; production: EnvironmentAnswer };
  selfHosted: boolean;
  credentialKinds: {
    name: string;
    fields: { name: string; description: string; required: boolean; secret: boolean }[];
  }[];
  options: Record<
    string,
    {
      kind: 'text' | 'choice' | 'whole' | 'flag';
      description: string;
      default: string | number | boolean;
      choices?: string[];
    }
  >;
  pollingWindowMs: number | null;
};
