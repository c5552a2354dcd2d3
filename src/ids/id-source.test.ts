import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIdSource } from './id-source.ts';
import { isId, timeOfId, uuidFromId } from './id.rules.ts';

test('ids rise strictly, whatever the clock does', () => {
  const moves = fc.array(fc.tuple(fc.integer({ min: -3_600_000, max: 3_600_000 }), fc.integer({ min: 1, max: 50 })));
  fc.assert(
    fc.property(moves, (steps) => {
      let nowMs = 1_800_000_000_000;
      const ids = createIdSource({ now: () => nowMs });
      let last = '';
      for (const [move, count] of steps) {
        nowMs += move;
        for (let index = 0; index < count; index += 1) {
          const id = ids.next('evt');
          expect(id > last).toBe(true);
          last = id;
        }
      }
    }),
  );
});

test('more than a millisecond can number borrow from the next one', () => {
  const ids = createIdSource({ now: () => 1_800_000_000_000.7 });
  const made = Array.from({ length: 10_000 }, () => ids.next('dlv'));
  expect(new Set(made).size).toBe(10_000);
  expect(made.toSorted((one, other) => (one < other ? -1 : 1))).toEqual(made);
  expect(timeOfId(made[0]!)).toBe(1_800_000_000_000);
  expect(timeOfId(made[9_999]!)).toBe(1_800_000_000_002);
});

test('every id is a UUID of version 7 with its variant', () => {
  const ids = createIdSource({ now: Date.now });
  for (let count = 0; count < 2_000; count += 1) {
    const id = ids.next('att');
    expect(isId('att', id)).toBe(true);
    expect(uuidFromId(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('all 62 random bits are drawn from what it is given', () => {
  const fill = (byte: number) => uuidFromId(createIdSource({ now: () => 0 }, (bytes) => bytes.fill(byte)).next('evt'));
  expect(fill(0x00).slice(19)).toBe('8000-000000000000');
  expect(fill(0xff).slice(19)).toBe('bfff-ffffffffffff');
});
