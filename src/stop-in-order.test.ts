import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualTimers } from '../tests/support/manual-timers.ts';
import { until } from '../tests/support/until.ts';
import { type CleanUp, stopInOrder } from './stop-in-order.ts';

const never = new Promise<never>(() => undefined);

/** Stops things over manual time; `takes` is how long each needs, in the order of starting. */
async function stopAll(cleanUps: (Partial<CleanUp> & { takesMs?: number; fails?: boolean })[], withinMs: number) {
  const timers = createManualTimers();
  const told: string[] = [];
  const given: number[] = [];
  const startedAtMs: number[] = [];
  let ended: boolean | null = null;
  const stopping = stopInOrder(
    cleanUps.map(({ takesMs = 0, fails = false, ...given_ }, index) => ({
      what: `thing ${index}`,
      async stop(mayTakeMs) {
        given[index] = mayTakeMs;
        startedAtMs[index] = timers.now();
        told.push(`stop ${index}`);
        if (takesMs === Number.POSITIVE_INFINITY) await never;
        if (takesMs > 0) await new Promise<void>((resolve) => timers.after(takesMs, resolve));
        if (fails) throw new Error(`not ${index}`);
      },
      ...given_,
    })),
    {
      withinMs,
      timers,
      monotonicMs: () => timers.now(),
      onLate: (what) => told.push(`late: ${what}`),
      onError: (what, error) => told.push(`error: ${what}: ${(error as Error).message}`),
    },
  ).then((all) => {
    ended = all;
  });
  await until(
    'the stop',
    async () => {
      // All that can go on without time goes on before more of it passes.
      await new Promise(setImmediate);
      const [nextMs] = timers.waiting;
      if (ended === null && nextMs !== undefined) timers.advance(nextMs);
      return ended !== null;
    },
    { everyMs: 0 },
  );
  await stopping;
  return { told, given, startedAtMs, tookMs: timers.now(), everythingEnded: ended as boolean | null, timers };
}

describe('stopping in order', () => {
  test('the last started is stopped first, one after the other', async () => {
    const { told, tookMs, everythingEnded, startedAtMs, timers } = await stopAll(
      [{ takesMs: 10 }, { takesMs: 20 }, { takesMs: 30 }],
      10_000,
    );
    expect(told).toEqual(['stop 2', 'stop 1', 'stop 0']);
    expect(startedAtMs).toEqual([50, 30, 0]);
    expect([tookMs, everythingEnded, timers.waiting]).toEqual([60, true, []]);
  });

  test('what hangs is named and left behind, and those after it have a second each', async () => {
    const { told, given, tookMs, everythingEnded } = await stopAll(
      [{}, { takesMs: 900 }, { takesMs: Number.POSITIVE_INFINITY }, { takesMs: Number.POSITIVE_INFINITY }],
      10_000,
    );
    expect(told).toEqual(['stop 3', 'late: thing 3', 'stop 2', 'late: thing 2', 'stop 1', 'stop 0']);
    expect(given).toEqual([1_100, 1_000, 1_000, 7_000]);
    expect([tookMs, everythingEnded]).toEqual([8_900, false]);
  });

  test('an error is told of and keeps nothing from being stopped', async () => {
    const { told, everythingEnded } = await stopAll([{}, { fails: true }, {}], 10_000);
    expect(told).toEqual(['stop 2', 'stop 1', 'error: thing 1: not 1', 'stop 0']);
    expect(everythingEnded).toBe(true);
  });

  test('what fails at once instead of by its promise is an error too', async () => {
    const stop = (): never => {
      throw new Error('at once');
    };
    const { told } = await stopAll([{}, { stop }], 10_000);
    expect(told).toEqual(['error: thing 1: at once', 'stop 0']);
  });

  test('one that may take less than the rest is left behind earlier', async () => {
    const { tookMs, told } = await stopAll([{}, { takesMs: Number.POSITIVE_INFINITY, atMostMs: 300 }], 10_000);
    expect([tookMs, told]).toEqual([300, ['stop 1', 'late: thing 1', 'stop 0']]);
  });

  test('whatever hangs, each is asked to stop, and all of it is over in time', async () => {
    const hanging = fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.constant(Number.POSITIVE_INFINITY));
    const things = fc.array(fc.record({ takesMs: hanging, fails: fc.boolean() }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(things, fc.integer({ min: 1, max: 20_000 }), async (cleanUps, withinMs) => {
        const { told, tookMs, given, everythingEnded } = await stopAll(cleanUps, withinMs);
        expect(told.filter((line) => line.startsWith('stop'))).toHaveLength(cleanUps.length);
        expect(tookMs).toBeLessThanOrEqual(withinMs + 1e-6);
        const shareMs = Math.min(1_000, withinMs / Math.max(1, cleanUps.length));
        for (const mayTakeMs of given) expect(mayTakeMs).toBeGreaterThanOrEqual(shareMs - 1e-6);
        expect(everythingEnded).toBe(!told.some((line) => line.startsWith('late')));
      }),
      { numRuns: 60 },
    );
  });
});
