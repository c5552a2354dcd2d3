import type { DedupeStore } from './dedupe-store.ts';
import type { Outcome } from './outcome.ts';
import type { Secrets, VerifiedWebhook, VerifyOptions } from './verify.ts';

/** What a secret can be looked up by, before anything is verified. */
export type UnverifiedRequest = { url: string; header: (name: string) => string | undefined };

export type ReceiverOptions = VerifyOptions & {
  /** The endpoint's secret, several, or a look-up for receivers of many endpoints: null refuses the request. */
  secret: Secrets | ((request: UnverifiedRequest) => Secrets | null | Promise<Secrets | null>);
  /** Your work; a promise is awaited. When it throws or rejects, Posthorn is told to send the event again. */
  onEvent: (event: VerifiedWebhook) => unknown;
  /** Which events were handled; in this process's memory unless given. */
  store?: DedupeStore;
  /**
   * `after` (unless given): answers when `onEvent` is through. `before`: answers 202 and works then. What fails or is
   * interrupted after that answer is lost here: Posthorn has its 2xx and does not send again by itself.
   */
  mode?: 'after' | 'before';
  /** Larger bodies are answered 413; 2 MiB unless given. */
  maxBodyBytes?: number;
  /** A body that is not whole by then is answered 408; 10,000 unless given. */
  bodyTimeoutMs?: number;
  /** The Retry-After of busy answers; 60 unless given. */
  retryAfterSeconds?: number;
  /** In mode `before`: how many events may be worked on at once; more are answered 503. 100 unless given. */
  maxBackground?: number;
  /** In mode `before`, where a platform ends what is not announced to it: is given every piece of work. */
  waitUntil?: (work: Promise<void>) => void;
  /** Is told how each request ended. Unless given, failures are warnings of the process. */
  onOutcome?: (outcome: Outcome) => void;
};
