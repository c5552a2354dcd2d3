import type { OptionSpec, Options } from './provider-profile.ts';

/** The two accounts that a provider keeps apart, and that a connection belongs to one of. */
export type ApiEnvironment = 'sandbox' | 'production';

/** How a connection may prove who it is. */
export type CredentialKind = 'bearer' | 'header' | 'basic' | 'oauth-client-credentials' | 'docusign-jwt';

/** A call as policies see it: `path` begins with a slash, is not decoded, and includes the path of the base URL. */
export type ApiRequest = { method: string; path: string; query: URLSearchParams };

/** What a call is, whatever ids its path holds. */
export type Operation = {
  /** Stable and short, for statistics: `envelopes.get`. Unknown paths have a name of their method: `get.other`. */
  name: string;
  /** The path with its variables named: `/restapi/v2.1/accounts/{accountId}/envelopes/{envelopeId}`. */
  template: string;
  /** The document, envelope or transaction that it is about, as the provider's webhooks name it; null for none. */
  subject: string | null;
  /** May be sent twice without doing it twice: idempotent methods, and what the facts say is safe. */
  repeatable: boolean;
  /** Whether the provider's own review of calls counts it: sign-in and user information are not counted. */
  counted: boolean;
};

/** A published limit: `limit` calls in a window, which begins with the clock's own (an hour, a minute) or slides. */
export type Budget = { name: string; limit: number; windowMs: number; alignment: 'clock' | 'sliding' };

/** What an answer's headers say of a budget; null where they are silent. */
export type BudgetReading = {
  budget: string;
  limit: number | null;
  remaining: number | null;
  resetAtMs: number | null;
};

/** What headers say to be left of a limit that nothing is published of. */
export type LeftReading = { remaining: number; resetAtMs: number };

/** Repeating a call on one resource within the window is polling, and the provider refuses or counts it. */
type PollingRule = {
  windowMs: number;
  /** What may not be called again: a resource's URL without what does not tell resources apart. Null: not judged. */
  resourceOf(request: ApiRequest): string | null;
};

/** What an answer with an error tells. Only the provider's own codes, never its prose, which may quote data. */
type ApiFailure = {
  errorCode: string | null;
  /** `permanent` even if the status would be retried: a quota of a month, say. Null leaves it to the status. */
  retry: 'permanent' | null;
};

/** A provider's API as data and small pure functions, which never throw, whatever comes. */
export type ApiProfile = {
  /** The same name as its webhook profile. */
  name: string;
  title: string;
  /** How to get credentials there: one to three sentences. */
  setup: string;
  /** `baseUrl` null: it has to be given, or is found with the credentials. `hosts`: exact names, or `*.example.com`. */
  environments: Readonly<Record<ApiEnvironment, { baseUrl: string | null; hosts: readonly string[] }>>;
  /** People host it themselves: other hosts are taken when they say so. */
  selfHosted: boolean;
  credentialKinds: readonly CredentialKind[];
  options: Readonly<Record<string, OptionSpec>>;
  /** What is wrong with a value for this environment, such as a sandbox key in production; never quotes it. */
  problemOfSecret?(value: string, environment: ApiEnvironment): string | null;
  budgets(environment: ApiEnvironment): readonly Budget[];
  /** The budget of a call, where a provider counts some apart; the names of those that it uses up. */
  budgetsOf(request: ApiRequest): readonly string[];
  /** `request`: what was answered. Without it nothing is read where budgets with the same headers are counted apart. */
  readBudgets(headers: ReadonlyMap<string, string>, nowMs: number, request?: ApiRequest): readonly BudgetReading[];
  /** Where no limit is published, and headers may tell of some all the same; null when they do not. */
  readLeft?(headers: ReadonlyMap<string, string>, nowMs: number): LeftReading | null;
  operationOf(request: ApiRequest): Operation;
  polling: PollingRule | null;
  /** Whether the answer to this call never changes again once its subject is completed. */
  isImmutable(request: ApiRequest): boolean;
  /** The subject that a successful answer shows to be completed; null for none. `body` is parsed JSON. */
  completedBy(request: ApiRequest, body: unknown): string | null;
  /** Where a document has parts that are called without naming it: they are completed with it. */
  parts?: {
    /** The part that a call is about; null for none. */
    of(request: ApiRequest): string | null;
    /** The parts of the subject that a successful answer shows to be completed. `body` is parsed JSON. */
    completedBy(request: ApiRequest, body: unknown): readonly string[];
  };
  /** Types of events that tell that their subject is completed. */
  completionEvents: readonly string[];
  /** `head`: the first bytes of the answer's body, at most 64 KiB; `headers` of the answer, names in lower case. */
  readFailure(status: number, head: Buffer, headers?: ReadonlyMap<string, string>): ApiFailure;
  /** A call that changes nothing and shows that credentials work: for `posthorn connections check`. */
  check(options: Options): { method: 'GET'; path: string } | null;
};
