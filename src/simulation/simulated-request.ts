/** A request as a provider would make it. `url` may have more than the receiver's own: some sign in the query. */
export type SimulatedRequest = {
  method: 'GET' | 'POST';
  url: string;
  /** In their order and with the provider's own capitals. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Buffer;
};

/** What is known when an attempt is made. */
export type Stamp = {
  /** From 1. */
  attempt: number;
  /** What signed timestamps say: Unix milliseconds. */
  nowMs: number;
  /** The same of the first attempt, for providers that sign the time of the event. */
  firstMs: number;
  url: string;
  /** The newest first. */
  secrets: readonly string[];
  /** For providers whose signature header's name is not public. */
  signatureHeader: string | null;
};

/** What a provider has to tell about something that happened in its simulated world. */
export type Notification = {
  /** As the provider names it. */
  event: string;
  /** The id of the document, envelope, invoice or other thing that it is about. */
  subject: string;
  /** When it happened there: Unix milliseconds. */
  atMs: number;
  /** As of one attempt: some providers write a time or a count of retries into the body. */
  request(stamp: Stamp): SimulatedRequest;
};

/** `genuine` as the provider would send it; the others have one thing wrong and must be refused. */
export type Kind = 'genuine' | 'forged' | 'stale' | 'tampered';

/** What came back. `status` is null when there was no answer at all. */
export type Outcome = {
  status: number | null;
  error: 'timeout' | 'refused' | 'reset' | 'name' | 'tls' | 'cancelled' | 'other' | null;
  /** Its beginning. */
  body: string;
  headers: Readonly<Record<string, string>>;
  tookMs: number;
};
