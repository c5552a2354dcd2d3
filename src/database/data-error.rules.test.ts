import { expect, test } from 'vitest';
import { isDataError } from './data-error.rules.ts';
import { isDatabaseOutage } from './database-outage.rules.ts';

const withCode = (code: string): Error => Object.assign(new Error('refused'), { code, severity: 'ERROR' });

test.each(['21000', '22021', '22P05', '23502', '23505', '23514'])('%s is about the data', (code) => {
  expect(isDataError(withCode(code))).toBe(true);
  expect(isDatabaseOutage(withCode(code))).toBe(false);
});

test.each([
  ['a server that is read-only', '25006'],
  ['a refused login', '28P01'],
  ['a table that is not there yet', '42P01'],
  ['a right that was not granted yet', '42501'],
  ['a full disk', '53100'],
  ['a connection that broke', '08006'],
  ['no SQLSTATE', 'ECONNREFUSED'],
  ['a name that begins like one', '22'],
])('%s is not', (_what, code) => {
  expect(isDataError(withCode(code))).toBe(false);
});

test('what has no code, or is no error, is not', () => {
  for (const error of [new Error('22021'), '22021', null, undefined, { code: '22021' }])
    expect(isDataError(error)).toBe(false);
});
