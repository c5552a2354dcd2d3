import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `look` answers something truthy, and answers that. What `look` throws counts as not yet.
 * @throws after `deadlineMs`, naming `what` and the last error
 */
export async function until<Found>(
  what: string,
  look: () => Found | Promise<Found>,
  options: { deadlineMs?: number; everyMs?: number } = {},
): Promise<NonNullable<Found>> {
  const { deadlineMs = 30_000, everyMs = 20 } = options;
  const giveUpAt = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUpAt) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
    await delay(everyMs);
  }
}
