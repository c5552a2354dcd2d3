import { expect, test } from 'vitest';
import { formatLockEntry, isLockHeld, parseLockEntry } from './folder-lock.rules.ts';
import { startTicks } from './process-birth.rules.ts';

test('an entry is read as it was written', () => {
  const entry = { token: 'abc-1', pid: 7, birth: 'boot:99' };
  expect(parseLockEntry(formatLockEntry(entry))).toEqual(entry);
});

test.for(['', '{', '{"pid":7}', '{"token":"../x","pid":7,"birth":""}'])('%j names no process', (text) => {
  const entry = parseLockEntry(text);
  expect(entry).toMatchObject({ pid: 0, token: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(isLockHeld(entry, 'boot:1')).toBe(false);
});

test('a holder lives while its pid has its birth, or while a birth cannot be told', () => {
  const entry = { token: 't', pid: 7, birth: 'boot:99' };
  expect(isLockHeld(entry, 'boot:99')).toBe(true);
  expect(isLockHeld(entry, '')).toBe(true);
  expect(isLockHeld(entry, 'boot:100')).toBe(false);
  expect(isLockHeld(entry, undefined)).toBe(false);
});

test('the start time follows a name with any signs, and a zombie has none', () => {
  const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
  expect(startTicks(`42 (a) b (c)) S ${fields.join(' ')}`)).toBe('22');
  expect(startTicks(`42 (node) Z ${fields.join(' ')}`)).toBeUndefined();
});
