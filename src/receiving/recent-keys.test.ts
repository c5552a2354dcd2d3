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

test('the elder half is forgotten as a whole when the younger one is full', () => {
  const recent = new RecentKeys(4);
  const known = (): string => ['a', 'b', 'c', 'd', 'e'].filter((key) => recent.find('src', key) !== null).join('');
  for (const key of ['a', 'b', 'c', 'd']) recent.add('src', key, `evt_${key}`);
  expect(known()).toBe('abcd');
  recent.add('src', 'e', 'evt_e');
  expect(known()).toBe('cde');
});

test('it knows the latest half for certain, and never more than it may, whatever comes', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 20 }).map(String), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 12 }), keys, (most, added) => {
      const recent = new RecentKeys(most);
      for (const key of added) recent.add('src', key, `evt_${key}`);
      const all = Array.from({ length: 21 }, (_, key) => String(key));
      const known = all.filter((key) => recent.find('src', key) !== null);
      expect(known.length).toBeLessThanOrEqual(most);
      for (const key of known) expect(recent.find('src', key)).toBe(`evt_${key}`);
      const latest = [...new Set(added.toReversed())].slice(0, 1);
      for (const key of latest) expect(known).toContain(key);
    }),
  );
});
