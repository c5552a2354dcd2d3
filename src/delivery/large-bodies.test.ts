import { beforeEach, describe, expect, test } from 'vitest';
import { VirtualTime } from '../../tests/simulation/virtual-time.ts';
import type { LargeBodies } from './delivery-ports.ts';
import { createLargeBodies } from './large-bodies.ts';

const MB = 1024 * 1024;

let time: VirtualTime;
let errors: unknown[];
/** What the store answers, by key; an error where it cannot. */
let blobs: Map<string, Buffer>;
let isAway: boolean;
let asked: string[];
let bodies: LargeBodies;

beforeEach(() => {
  time = new VirtualTime(0);
  [errors, blobs, isAway, asked] = [[], new Map(), false, []];
  bodies = createLargeBodies({
    blobs: {
      get(key) {
        asked.push(key);
        return isAway ? Promise.reject(new Error('out of reach')) : Promise.resolve(blobs.get(key) ?? null);
      },
    },
    timers: time,
    onError: (error) => errors.push(error),
  });
});

/** Asks for a body, and keeps what has become of it. */
function load(key: string, sizeBytes = 1, endpointId = 'ep_1') {
  if (!blobs.has(key)) blobs.set(key, Buffer.from(key));
  const loading = { state: 'waiting' as string, body: '', release: (): void => undefined };
  bodies.load({ key, sizeBytes }, endpointId).then(
    (loaded) => Object.assign(loading, { state: 'loaded', body: loaded.body.toString(), release: loaded.release }),
    (error: unknown) => Object.assign(loading, { state: String(error) }),
  );
  return loading;
}
const passes = (ms: number): Promise<boolean> => time.run(time.nowMs + ms);

describe('large bodies', () => {
  test('are loaded as they are', async () => {
    const one = load('a');
    await passes(0);
    expect(one).toMatchObject({ state: 'loaded', body: 'a' });
  });

  test('wait for room in the order they were asked for', async () => {
    const all = ['a', 'b', 'c', 'd'].map((key, index) => load(key, 30 * MB, `ep_${index}`));
    await passes(0);
    expect(all.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'waiting', 'waiting']);
    expect(asked).toEqual(['a', 'b']);
    all[1]?.release();
    all[1]?.release();
    await passes(0);
    expect(all.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'loaded', 'waiting']);
  });

  test('of an endpoint that holds on to them leave room for others', async () => {
    const slow = [1, 2, 3, 4, 5].map((count) => load(`slow-${count}`, 16 * MB, 'ep_slow'));
    const quick = [1, 2, 3].map((count) => load(`quick-${count}`, 8 * MB, `ep_quick_${count}`));
    await passes(0);
    expect(slow.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'waiting', 'waiting', 'waiting']);
    expect(quick.map(({ state }) => state)).toEqual(['loaded', 'loaded', 'loaded']);
  });

  test('larger than all the room are loaded alone', async () => {
    const small = load('small', 1, 'ep_2');
    const huge = load('huge', 500 * MB);
    await passes(0);
    expect(huge.state).toBe('waiting');
    small.release();
    await passes(0);
    expect(huge.state).toBe('loaded');
  });

  test('are waited for while the store is away, less and less often, and told of each time', async () => {
    isAway = true;
    const one = load('a');
    const momentsMs: number[] = [];
    for (let seen = 0; time.nowMs < 60_000; ) {
      await passes(250);
      if (asked.length > seen) momentsMs.push(time.nowMs);
      seen = asked.length;
    }
    expect(momentsMs).toEqual([250, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 45_500]);
    expect(errors).toHaveLength(asked.length);
    isAway = false;
    await passes(15_000);
    expect(one).toMatchObject({ state: 'loaded', body: 'a' });
  });

  test('are given up after ten minutes, and make room', async () => {
    isAway = true;
    const one = load('a', 64 * MB);
    const next = load('b', 64 * MB, 'ep_2');
    await passes(590_000);
    expect(one.state).toBe('waiting');
    await passes(40_000);
    expect(one.state).toBe('Error: out of reach');
    isAway = false;
    await passes(20_000);
    expect(next.state).toBe('loaded');
  });

  test('that are gone are given up at once, and make room', async () => {
    blobs.set('gone', Buffer.alloc(0));
    const one = load('gone', 64 * MB);
    blobs.delete('gone');
    const next = load('b', 64 * MB, 'ep_2');
    await passes(0);
    expect(one.state).toMatch(/not in the blob store any more/);
    expect(next.state).toBe('loaded');
  });
});
