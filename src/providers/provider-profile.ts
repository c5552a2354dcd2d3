/** A provider's request exactly as it came. */
export type InboundRequest = {
  method: 'GET' | 'POST';
  /** Names in lower case; all values of a header that was sent several times, in order. */
  headers: { get(name: string): readonly string[] | undefined };
  query: URLSearchParams;
  body: Buffer;
};

/** A secret of a source, opened. Only those that have not expired are handed to a profile. */
export type Credential = {
  name: string;
  /** One of the profile's `credentialKinds`. */
  kind: string;
  value: string;
};

/** Validated against the profile's specs; what was left out has its default. */
export type Options = Readonly<Record<string, string | number | boolean>>;

/** One option of a profile, as data: validated when a source is made, and enough for a form. */
export type OptionSpec =
  | { kind: 'text'; description: string; default: string; pattern?: string; maxLength?: number; examples?: string[] }
  | { kind: 'choice'; description: string; default: string; choices: readonly string[] }
  | { kind: 'whole'; description: string; default: number; minimum: number; maximum: number }
  | { kind: 'flag'; description: string; default: boolean };

type CredentialKind = {
  title: string;
  /** Where the user finds it, in one or two sentences. */
  description: string;
  /** What is wrong with a value, how to mend it, without quoting it; null when it will do. */
  problemOf(value: string): string | null;
};

/**
 * What a verified request proves. `body`: a signature over the very bytes. `sender`: a shared secret came along, which
 * says who sent it but not that nothing was changed. `fields`: a signature over some fields; the rest may be forged.
 */
export type Coverage = 'body' | 'sender' | 'fields';

/** Why a request was refused: the closed set. */
export const rejectionReasons = {
  signature_missing: 'The signature, or the secret, did not come along',
  signature_repeated: 'The signature header came more than once',
  signature_malformed: 'The signature cannot be read, or is too long',
  signature_mismatch: 'No credential of the source makes this signature',
  timestamp_missing: 'The signed timestamp did not come along',
  timestamp_malformed: 'The signed timestamp cannot be read',
  timestamp_outside_tolerance: 'The request is older, or newer, than the tolerance allows',
  body_unreadable: 'The signed fields cannot be found in the body',
  credentials_expired: 'Every credential of the source has expired',
  address_not_allowed: 'The sender is not on the list of allowed addresses',
  rate_limited: 'The source takes fewer requests a second',
  body_too_large: 'The body is larger than the source takes',
  content_type_not_taken: 'This provider does not send that content type',
  content_encoding_not_taken: 'Bodies are taken as they are signed: not compressed',
  method_not_taken: 'The provider posts; it does not use this method',
} as const satisfies Record<string, string>;
export type RejectionReason = keyof typeof rejectionReasons;

/** `detail` helps whoever mends it and holds no secret, no signature and nothing of the body. */
export type Rejection = { verified: false; reason: RejectionReason; detail: string };
export type Verdict = { verified: true /** The name of the credential that fitted. */; credential: string } | Rejection;

/** What Posthorn answers to the provider. */
export type Answer = { status: number; contentType: string | null; body: string };

/** What a verified request is. */
export type Identity = {
  /** The name of the event type: characters of `[A-Za-z0-9_.:-]`, at most 128; see eventTypeName. */
  eventType: string;
  /** The provider's own id of this notification; null where it has none. */
  externalId: string | null;
  /** Equal for two requests that tell of the same thing, whatever else differs. 1 to 200 characters, no body text. */
  dedupeKey: string;
  /** The envelope, document or other thing it is about: the ordering key. At most 200 characters. */
  subject: string | null;
  occurredAtMs: number | null;
};

/**
 * A provider as data and small pure functions. Nothing here may throw, whatever comes: a verifier rejects, and
 * `identify`, which only sees verified requests, falls back to `<provider>.unrecognised` and a hash of the body, since
 * what was verified is never dropped.
 */
export type ProviderProfile = {
  /** Lower case, as in `documenso`. */
  name: string;
  title: string;
  /** How to set it up at the provider: one to three sentences, in our own words. */
  setup: string;
  /** At least one credential of at least one of these kinds is needed. Every kind that a source has must verify. */
  credentialKinds: Readonly<Record<string, CredentialKind>>;
  options: Readonly<Record<string, OptionSpec>>;
  /**
   * What is wrong with options that fit their specs one by one but not together: the option, and a message that
   * continues "the option …". Empty when they will do.
   */
  checkOptions?(options: Options): { option: string; message: string }[];
  /** Media types that it sends, in lower case; null takes any. */
  contentTypes: readonly string[] | null;
  /** Its event types as far as they are known; registered for the team with the source. */
  eventTypes: readonly { name: string; description: string }[];
  coverageOf(kinds: ReadonlySet<string>, options: Options): Coverage;
  verify(request: InboundRequest, credentials: readonly Credential[], options: Options, nowMs: number): Verdict;
  identify(request: InboundRequest, options: Options): Identity;
  /** For a request that asks something instead of telling of an event; after `verify` for POST. Null: it is an event. */
  handshake?(request: InboundRequest, credentials: readonly Credential[], options: Options): Answer | null;
  /** What the provider expects to hear once an event is stored, and for a duplicate. `200` with no body when left out. */
  answer?(request: InboundRequest, credentials: readonly Credential[], options: Options): Answer;
  /** The body as people may see it: live tokens masked. Null when there is nothing to mask. What is sent on is whole. */
  redact?: (body: Buffer) => Buffer | null;
};
