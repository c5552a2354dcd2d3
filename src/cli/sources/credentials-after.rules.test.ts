import { expect, test } from 'vitest';
import { credentialsAfter } from './credentials-after.rules.ts';

const nowMs = Date.parse('2026-03-01T10:00:00Z');
const after = (change: Partial<Parameters<typeof credentialsAfter>[0]>) =>
  credentialsAfter({ names: ['1', '2'], add: null, remove: [], expire: [], nowMs, ...change });

test('what is not named is kept, by its name alone', () => {
  const add = { name: '3', value: 'secret', kind: undefined };
  expect(after({})).toEqual({ ok: true, credentials: [{ name: '1' }, { name: '2' }] });
  expect(after({ add })).toEqual({
    ok: true,
    credentials: [{ name: '1' }, { name: '2' }, { name: '3', value: 'secret' }],
  });
  expect(after({ add, remove: ['1', '2'] })).toEqual({ ok: true, credentials: [{ name: '3', value: 'secret' }] });
});

test('the last one is not removed unless another comes with the same command', () => {
  expect(after({ remove: ['1', '2'] })).toMatchObject({
    ok: false,
    problem: expect.stringContaining('the last credential'),
    remedy: expect.stringContaining('add another'),
  });
});

test('adding under a name that is removed by the same command makes a new one', () => {
  const add = { name: '1', value: undefined, kind: 'hmac' };
  expect(after({ add, remove: ['1'] })).toEqual({
    ok: true,
    credentials: [{ name: '2' }, { name: '1', kind: 'hmac' }],
  });
});

test.each([
  ['never', null],
  ['now', '2026-03-01T09:59:00.000Z'],
  ['90m', '2026-03-01T11:30:00.000Z'],
  ['12h', '2026-03-01T22:00:00.000Z'],
  ['7d', '2026-03-08T10:00:00.000Z'],
  ['2026-03-02T00:00:00+02:00', '2026-03-01T22:00:00.000Z'],
])('an end of %s is %s', (when, expiresAt) => {
  expect(after({ expire: [['2', when]] })).toEqual({
    ok: true,
    credentials: [{ name: '1' }, { name: '2', expiresAt }],
  });
});

test.each(['', 'soon', '7', '7w', '-1h', '2026-03-01', '2026-13-01T00:00:00Z'])('%j is no time', (when) => {
  expect(after({ expire: [['2', when]] })).toMatchObject({ ok: false, remedy: expect.stringContaining('12h') });
});
