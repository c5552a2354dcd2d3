import { expect, test } from 'vitest';
import { describeError } from './failure.ts';

test.each([
  ['3D000', 'make the database (createdb), or mend its name in DATABASE_URL'],
  ['28P01', 'mend user and password in DATABASE_URL'],
  ['28000', 'let this user in by pg_hba.conf of the server'],
  ['42P01', null],
])('a login that PostgreSQL refuses with %s is told with its remedy', (code, remedy) => {
  const error = Object.assign(new Error('database "posthorn" does not exist'), { code });
  expect(describeError(error)).toEqual({ what: 'database "posthorn" does not exist', remedy });
});

test('a remedy that an error brings itself goes before ours', () => {
  const error = Object.assign(new Error('refused: look there'), { code: '28P01', remedy: 'look there' });
  expect(describeError(error)).toEqual({ what: 'refused', remedy: 'look there' });
});
