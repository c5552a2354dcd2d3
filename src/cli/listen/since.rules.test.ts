import { expect, test } from 'vitest';
import { readSince } from './since.rules.ts';

const nowMs = Date.parse('2026-05-05T12:00:00Z');

test.each([
  ['30s', '2026-05-05T11:59:30.000Z'],
  ['10m', '2026-05-05T11:50:00.000Z'],
  ['2h', '2026-05-05T10:00:00.000Z'],
  ['7d', '2026-04-28T12:00:00.000Z'],
  ['2026-05-01', '2026-05-01T00:00:00.000Z'],
  ['2026-05-01T10:00:00+02:00', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T10:00:00.250Z', '2026-05-01T10:00:00.250Z'],
  ['999999999d', null],
  ['2026-13-01', null],
  ['10', null],
  ['ten minutes', null],
  ['', null],
])('--since %s begins at %s', (text, since) => {
  expect(readSince(text, nowMs)).toBe(since);
});
