/**
 * Remembers which events were handled. One store, with one memory, serves one receiver: an event has the same id at all
 * of a team's endpoints, so receivers that share a memory would take each other's events for duplicates.
 */
export type DedupeStore = {
  /**
   * Takes an event for this caller alone. `new`: handle it, then call `done` or `release`. `done`: it was handled.
   * `busy`: another call took it and has neither finished nor run out of its time.
   */
  claim(id: string): Promise<Claim>;
  /** It was handled: remember it. */
  done(id: string): Promise<void>;
  /** It was not handled: the next claim may have it. */
  release(id: string): Promise<void>;
};
export type Claim = 'new' | 'done' | 'busy';

/** Four times the default schedule of retries, and room for a person to resend what died over a weekend. */
export const defaultTtlMs = 7 * 24 * 3_600_000;
/** Longer than a handler may take: an endpoint's timeout is at most 300 s. */
export const defaultClaimMs = 5 * 60_000;

/** @throws TypeError naming the option */
export function requirePositive(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(value > 0)) throw new TypeError(`${name} must be more than 0; it is ${value}.`);
  }
}
