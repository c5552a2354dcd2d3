/** A server that stayed up this long is healthy again: its next crash starts the backoff anew. */
const healthyAfterMs = 60_000;

/** Wait before restart number `failures` (1 is the first in a row): 100 ms, doubling up to 5 s, for ever. */
export function restartDelayMs(failures: number): number {
  return Math.min(5_000, 100 * 2 ** Math.min(failures - 1, 10));
}

/** Failures in a row after one more, given how long the server had been ready (0 when it never was). */
export function countFailure(failures: number, readyForMs: number): number {
  return readyForMs >= healthyAfterMs ? 1 : failures + 1;
}
