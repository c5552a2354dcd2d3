import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnswerCache } from './answer-cache.ts';
import type { AnswerKey, KeptAnswer } from './answer-cache.ts';

const kB = 1_024;
const key = (path: string, more: Partial<AnswerKey> = {}): AnswerKey => ({
  connectionId: 'con_a',
  method: 'GET',
  path,
  accept: null,
  ...more,
});
const answer = (sizeBytes: number, more: Partial<KeptAnswer> = {}): KeptAnswer => ({
  status: 200,
  headers: ['content-type', 'application/pdf'],
  body: Buffer.alloc(sizeBytes, 1),
  storedAtMs: 0,
  ...more,
});

test('an answer is answered again to the same question alone', () => {
  const cache = createAnswerCache({ maxBytes: 100 * kB });
  cache.put(key('/a?x=1', { accept: 'application/pdf' }), answer(3), 100 * kB);
  expect(cache.get(key('/a?x=1', { accept: 'application/pdf' }), 1_000, 1)).toEqual(answer(3));
  for (const more of [{ connectionId: 'con_b' }, { method: 'HEAD' }, { path: '/a' }, { accept: null }]) {
    expect(cache.get(key('/a?x=1', { accept: 'application/pdf', ...more }), 1_000, 1)).toBeNull();
  }
});

test('an answer is forgotten when it is as old as the policy lets it be, or from the future', () => {
  const cache = createAnswerCache({ maxBytes: 100 * kB });
  for (const [nowMs, isThere] of [
    [999, true],
    [1_000, false],
    [-1, false],
  ] as const) {
    cache.put(key('/a'), answer(3), 100 * kB);
    expect(cache.get(key('/a'), 1_000, nowMs) !== null).toBe(isThere);
  }
  expect(cache.sizeBytes).toBe(0);
});

describe('what is not kept', () => {
  test.each([
    ['an answer other than 200', answer(3, { status: 206 })],
    ['an encoded body, which not every caller reads', answer(3, { headers: ['Content-Encoding', 'gzip'] })],
    ['an answer that differs by more than is asked', answer(3, { headers: ['vary', '*'] })],
    ['one that is larger than the bound', answer(11 * kB)],
  ])('%s', (_, given) => {
    const cache = createAnswerCache({ maxBytes: 100 * kB });
    expect(cache.put(key('/a'), given, 10 * kB)).toBe(false);
    expect(cache.get(key('/a'), 1_000, 1)).toBeNull();
  });

  test('anything, where the policy keeps nothing; and what was there before goes', () => {
    const cache = createAnswerCache({ maxBytes: 100 * kB });
    cache.put(key('/a'), answer(3), 10 * kB);
    expect(cache.put(key('/a'), answer(3), 0)).toBe(false);
    expect(cache.get(key('/a'), 1_000, 1)).toBeNull();
  });
});

test('the answer that was used longest ago makes room, within a connection and over all', () => {
  const cache = createAnswerCache({ maxBytes: 50 * kB });
  const there = (...names: string[]) =>
    names.filter((name) => cache.get(key(`/${name}`, { connectionId: `con_${name[0]}` }), 1_000, 1) !== null);
  const put = (name: string): boolean =>
    cache.put(key(`/${name}`, { connectionId: `con_${name[0]}` }), answer(9 * kB), 30 * kB);
  for (const name of ['a1', 'a2', 'a3']) put(name);
  there('a1');
  put('a4');
  expect(there('a1', 'a2', 'a3', 'a4')).toEqual(['a1', 'a3', 'a4']);
  for (const name of ['b1', 'b2', 'b3']) put(name);
  expect(there('b1', 'b2', 'b3', 'a1', 'a3', 'a4')).toEqual(['b1', 'b2', 'b3', 'a3', 'a4']);
});

test('a changed connection has nothing left', () => {
  const cache = createAnswerCache({ maxBytes: 100 * kB });
  for (const path of ['/a', '/b']) cache.put(key(path), answer(3), kB * 10);
  cache.put(key('/a', { connectionId: 'con_b' }), answer(3), kB * 10);
  cache.forget('con_a');
  expect(cache.get(key('/a'), 1_000, 1)).toBeNull();
  expect(cache.get(key('/a', { connectionId: 'con_b' }), 1_000, 1)).not.toBeNull();
  cache.forget('con_b');
  expect(cache.sizeBytes).toBe(0);
});

test('a body that is a part of a larger buffer does not keep all of that', () => {
  const cache = createAnswerCache({ maxBytes: 100 * kB });
  cache.put(key('/a'), answer(0, { body: Buffer.alloc(80 * kB, 7).subarray(0, 10) }), 100 * kB);
  expect(cache.get(key('/a'), 1_000, 1)?.body.buffer.byteLength).toBeLessThan(20 * kB);
});

test('it holds the answers of a plain list, and its size is that of what it holds', () => {
  const step = fc.record({
    does: fc.constantFrom('put', 'put', 'get', 'forget'),
    connection: fc.constantFrom('a', 'b', 'c'),
    path: fc.nat(6),
    size: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = createAnswerCache({ maxBytes: 40 * kB });
      const bounds: Record<string, number> = { a: 10 * kB, b: 25 * kB, c: 60 * kB };
      let list: { name: string; connection: string; sizeBytes: number }[] = [];
      const sum = (entries: typeof list): number => entries.reduce((all, { sizeBytes }) => all + sizeBytes, 0);
      for (const { does, connection, path, size } of steps) {
        const name = `${connection}${path}`;
        const asked = key(`/${path}`, { connectionId: connection });
        const found = list.find((entry) => entry.name === name);
        if (does === 'forget') {
          cache.forget(connection);
          list = list.filter((entry) => entry.connection !== connection);
        } else if (does === 'get') {
          expect(cache.get(asked, 1_000, 1) !== null).toBe(found !== undefined);
          if (found !== undefined) list = [...list.filter((entry) => entry !== found), found];
        } else {
          list = list.filter((entry) => entry !== found);
          const before = createAnswerCache({ maxBytes: 1_000 * kB });
          before.put(asked, answer(size * kB), 1_000 * kB);
          const added = { name, connection, sizeBytes: before.sizeBytes };
          const bound = Math.min(bounds[connection] ?? 0, 40 * kB);
          expect(cache.put(asked, answer(size * kB), bounds[connection] ?? 0)).toBe(added.sizeBytes <= bound);
          if (added.sizeBytes > bound) continue;
          list.push(added);
          const own = () => list.filter((entry) => entry.connection === connection);
          while (sum(own()) > bound) list.splice(list.indexOf(own()[0] as (typeof list)[number]), 1);
          while (sum(list) > 40 * kB) list.shift();
        }
        expect(cache.sizeBytes).toBe(sum(list));
      }
    }),
  );
});
