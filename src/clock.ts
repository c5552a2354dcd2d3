/** Time as it is handed to whatever decides by it. Unix milliseconds, fractions allowed. */
export type Clock = { now(): number };

/** Timers, so that the simulation can run them in virtual time. */
export type Timers = {
  after(delayMs: number, run: () => void): { cancel(): void };
  /** When this turn of the event loop is over; setImmediate unless given. */
  defer?(run: () => void): void;
};

/**
 * A clock that follows the database's time by the process's own monotonic counter, so that a stepping system clock
 * moves neither ids nor deadlines. Until the first `align` it follows the system clock.
 */
export type AlignedClock = Clock & { align(databaseNowMs: number, halfRoundTripMs: number): void };

export function createAlignedClock(monotonicMs: () => number, systemMs: () => number): AlignedClock {
  let offset = systemMs() - monotonicMs();
  return {
    now: () => monotonicMs() + offset,
    // The answer was given some time within the round trip: move only as far as that is certain.
    align(databaseNowMs, halfRoundTripMs) {
      const middle = databaseNowMs + halfRoundTripMs - monotonicMs();
      offset = Math.min(Math.max(offset, middle - halfRoundTripMs), middle + halfRoundTripMs);
    },
  };
}
