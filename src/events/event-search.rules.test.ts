import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdSource } from '../ids/id-source.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { intersect, rangeOfIdPrefix, rangeOfTime } from './event-search.rules.ts';

const id = fc.nat({ max: 4e12 }).map((atMs) => createIdSource({ now: () => atMs }).next('evt'));

test('the range of a prefix holds exactly the ids that begin with it', () => {
  fc.assert(
    fc.property(id, id, fc.integer({ min: 4, max: 30 }), (a, b, length) => {
      const range = rangeOfIdPrefix(a.slice(0, length));
      for (const each of [a, b]) {
        const uuid = uuidFromId(each);
        const inside = uuid >= (range?.from ?? '') && (range?.before == null || uuid < range.before);
        expect(inside).toBe(each.startsWith(a.slice(0, length)));
      }
    }),
  );
});

test.each(['', 'evt', 'evt_8', 'evt_0l', 'dlv_0', 'hello', `evt_${'0'.repeat(27)}`])(
  '%j is no beginning of an id',
  (text) => {
    expect(rangeOfIdPrefix(text)).toBeNull();
  },
);

test('ranges intersect to the narrowest bounds', () => {
  const time = rangeOfTime(1_000, 9_000);
  const later = rangeOfTime(2_000, undefined);
  expect(intersect([time, later, { from: null, before: null }])).toEqual({ from: later.from, before: time.before });
});
