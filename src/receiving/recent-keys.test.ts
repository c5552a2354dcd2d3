import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentKeys } from './recent-keys.ts';

test('a key stands for the event it came with, of its source alone', () => {
  const recent = new RecentKeys(10);
  recent.add('src_1', 'k', 'evt_1');
  expect(recent.find('src_1', 'k')).toBe('evt_1');
  expect(recent.find('src_2', 'k')).toBeNull();
  expect(recent.find('src_1', 'other')).toBeNull();
});

test('the one that was seen longest ago leaves first', () => {
  const recent = new RecentKeys(2);
  recent.add('src', 'a', 'evt_a');
  recent.add('src', 'b', 'evt_b');
  recent.add('src', 'a', 'evt_a');
  recent.add('src', 'c', 'evt_c');
  expect(['a', 'b', 'c'].map((key) => recent.find('src', key))).toEqual(['evt_a', null, 'evt_c']);
});

test('it knows exactly the latest, whatever comes', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 20 }).map(String), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), keys, (most, added) => {
      const recent = new RecentKeys(most);
      for (const key of added) recent.add('src', key, `evt_${key}`);
      const latest = new Set([...new Set(added.toReversed())].slice(0, most));
      for (let key = 0; key <= 20; key += 1) {
        expect(recent.find('src', String(key))).toBe(latest.has(String(key)) ? `evt_${key}` : null);
      }
    }),
  );
});
