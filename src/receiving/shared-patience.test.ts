import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { SharedPatience } from './shared-patience.ts';

const never = new Promise<never>(() => undefined);

/** When each of those who come at these times runs out of patience, in milliseconds of waiting. */
async function waits(comeAtMs: readonly number[]): Promise<number[]> {
  const timers = createManualTimers();
  const patience = new SharedPatience(timers, 4_000);
  const waited: Promise<number>[] = [];
  for (let nowMs = 0; nowMs <= 40_000; nowMs += 100) {
    for (const _ of comeAtMs.filter((atMs) => atMs === nowMs)) {
      waited.push(patience.race(never).then(() => timers.now() - nowMs));
    }
    timers.advance(100);
    for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
  }
  expect(timers.waiting).toEqual([]);
  return Promise.all(waited);
}

describe('patience that many share', () => {
  test('runs out after its time and at most an eighth later, whenever somebody comes', async () => {
    const times = fc.array(
      fc.integer({ min: 0, max: 300 }).map((tenths) => tenths * 100),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(times, async (comeAtMs) => {
        for (const waitedMs of await waits(comeAtMs)) {
          expect(waitedMs).toBeGreaterThanOrEqual(4_000);
          expect(waitedMs).toBeLessThanOrEqual(4_700);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('hands on what comes in time, an error too, and then has no timer to run', async () => {
    const timers = createManualTimers();
    const patience = new SharedPatience(timers, 4_000);
    await expect(patience.race(Promise.resolve(7))).resolves.toBe(7);
    await expect(patience.race(Promise.reject(new Error('no')))).rejects.toThrow('no');
    timers.advance(500);
    expect(timers.waiting).toEqual([]);
  });
});
