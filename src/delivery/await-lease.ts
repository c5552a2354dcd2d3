import { setTimeout as delay } from 'node:timers/promises';

const patienceMs = 5_000;
const askEveryMs = 25;

/** Resolves when the node has joined, or does not get to it: it goes on trying then, and says so itself. */
export async function awaitLease(engine: { epoch(): number | null }): Promise<void> {
  for (let waitedMs = 0; engine.epoch() === null && waitedMs < patienceMs; waitedMs += askEveryMs) {
    await delay(askEveryMs);
  }
}
