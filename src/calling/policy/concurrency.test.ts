import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createManualTimers } from '../../../tests/support/manual-timers.ts';
import { createBulkhead, QueueFull, WaitedTooLong } from './concurrency.ts';

function bulkhead(limits: { most?: number; waiting?: number; waitMs?: number } = {}) {
  const timers = createManualTimers();
  const turns = createBulkhead({ limits: { most: 2, waiting: 4, waitMs: 1_000, ...limits }, timers });
  /** In the order in which they came. */
  const granted: string[] = [];
  const releases = new Map<string, () => void>();
  const ask = (caller: string | null, name: string, signal?: AbortSignal): Promise<unknown> =>
    turns.acquire(caller, signal).then(
      (release) => {
        granted.push(name);
        releases.set(name, release);
        return release;
      },
      (error: unknown) => error,
    );
  const end = async (name: string): Promise<void> => {
    releases.get(name)?.();
    await settled();
  };
  return { turns, timers, granted, ask, end };
}

/** Lets promises that are resolved already run to their end. */
async function settled(): Promise<void> {
  for (let index = 0; index < 5; index += 1) await Promise.resolve();
}

test('calls go out at once while there are turns, and wait while there are none', async () => {
  const { turns, granted, ask, end } = bulkhead();
  for (const name of ['a1', 'a2', 'a3']) void ask('a', name);
  await settled();
  expect(granted).toEqual(['a1', 'a2']);
  expect([turns.underWay, turns.waiting]).toEqual([2, 1]);
  await end('a1');
  expect(granted).toEqual(['a1', 'a2', 'a3']);
  expect([turns.underWay, turns.waiting]).toEqual([2, 0]);
});

test('giving a turn back twice gives back one', async () => {
  const { turns, ask, end } = bulkhead();
  for (const name of ['a1', 'a2']) await ask('a', name);
  await end('a1');
  await end('a1');
  expect(turns.underWay).toBe(1);
});

describe('of several callers', () => {
  test('the one with the fewest calls under way is next, although others have waited for longer', async () => {
    const { granted, ask, end } = bulkhead({ most: 3, waiting: 9 });
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void ask('a', name);
    for (const name of ['b1', 'b2']) void ask('b', name);
    await settled();
    await end('a1');
    await end('a2');
    expect(granted.slice(3)).toEqual(['b1', 'a4']);
  });

  test('equals take turns', async () => {
    const { granted, ask, end } = bulkhead({ most: 1, waiting: 9 });
    for (const caller of ['a', 'b', null]) for (const index of [1, 2]) void ask(caller, `${caller}${index}`);
    await settled();
    for (const name of ['a1', 'b1', 'null1', 'a2', 'b2']) await end(name);
    expect(granted).toEqual(['a1', 'b1', 'null1', 'a2', 'b2', 'null2']);
  });

  test('one that fills the queue makes room for others, and its newest call is refused', async () => {
    const { granted, ask, end } = bulkhead({ most: 1, waiting: 3 });
    void ask('a', 'a1');
    const waiting = ['a2', 'a3', 'a4'].map((name) => ask('a', name));
    void ask('b', 'b1');
    expect(await waiting[2]).toBeInstanceOf(QueueFull);
    for (const name of ['a1', 'b1', 'a2']) await end(name);
    expect(granted).toEqual(['a1', 'b1', 'a2', 'a3']);
  });
});

test('a full queue refuses at once', async () => {
  const { ask, turns } = bulkhead({ most: 1, waiting: 1 });
  void ask('a', 'a1');
  void ask('a', 'a2');
  expect(await ask('a', 'a3')).toBeInstanceOf(QueueFull);
  expect(await ask('b', 'b1')).toBeInstanceOf(QueueFull);
  expect(turns.waiting).toBe(1);
  const none = bulkhead({ most: 1, waiting: 0 });
  void none.ask('a', 'a1');
  expect(await none.ask('a', 'a2')).toBeInstanceOf(QueueFull);
});

test('who waited too long leaves the queue, and no timer stays behind', async () => {
  const { ask, turns, timers, granted, end } = bulkhead({ most: 1 });
  void ask('a', 'a1');
  const late = ask('a', 'a2');
  timers.advance(999);
  void ask('a', 'a3');
  timers.advance(1);
  expect(await late).toBeInstanceOf(WaitedTooLong);
  expect(turns.waiting).toBe(1);
  await end('a1');
  expect(granted).toEqual(['a1', 'a3']);
  expect(timers.waiting).toEqual([]);
});

test('a caller that goes away leaves the queue with its own reason', async () => {
  const { ask, turns, timers } = bulkhead({ most: 1 });
  const gone = new AbortController();
  void ask('a', 'a1');
  const waiting = ask('b', 'b1', gone.signal);
  gone.abort(new Error('gone'));
  expect(await waiting).toEqual(new Error('gone'));
  expect(await ask('b', 'b2', gone.signal)).toEqual(new Error('gone'));
  expect([turns.waiting, timers.waiting]).toEqual([0, []]);
});

test('raised limits let those that wait out at once', async () => {
  const { ask, turns, granted } = bulkhead({ most: 1 });
  for (const name of ['a1', 'a2', 'a3']) void ask('a', name);
  turns.limit({ most: 2, waiting: 4, waitMs: 1_000 });
  await settled();
  expect(granted).toEqual(['a1', 'a2']);
});

test('whatever happens, turns and places are within their limits, and every call ends in one way', async () => {
  const step = fc.record({ does: fc.constantFrom('ask', 'ask', 'end', 'time'), who: fc.nat(3), which: fc.nat(9) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { turns, timers, ask, end } = bulkhead({ most: 2, waiting: 3 });
      const asked: Promise<unknown>[] = [];
      const underWay = new Set<string>();
      for (const [index, { does, who, which }] of steps.entries()) {
        const name = `call ${index}`;
        if (does === 'ask') {
          const call = ask(`key ${who}`, name);
          asked.push(call);
          void call.then((result) => typeof result === 'function' && underWay.add(name));
        } else if (does === 'time') timers.advance(which * 100);
        else {
          const ended = [...underWay][which % Math.max(1, underWay.size)] ?? '';
          underWay.delete(ended);
          await end(ended);
        }
        await settled();
        expect(turns.underWay).toBe(underWay.size);
        expect(turns.underWay).toBeLessThanOrEqual(2);
        expect(turns.waiting).toBeLessThanOrEqual(turns.underWay === 2 ? 3 : 0);
      }
      timers.advance(1_000);
      const results = await Promise.all(asked);
      const isEnd = (result: unknown) =>
        typeof result === 'function' || result instanceof QueueFull || result instanceof WaitedTooLong;
      expect(results.filter((result) => !isEnd(result))).toEqual([]);
      expect([turns.waiting, timers.waiting]).toEqual([0, []]);
    }),
  );
});
