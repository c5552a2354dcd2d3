import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { idFromUuid } from '../ids/id.rules.ts';
import {
  boolArray,
  byteaArray,
  float4Array,
  float8Array,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  uuidArray,
} from './binary-arrays.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** What PostgreSQL read, as it spells it. */
async function sent(type: string, array: Buffer): Promise<unknown[]> {
  const { rows }: pg.QueryResult<{ value: unknown }> = await database.pool.query(
    `SELECT u.value FROM unnest($1::${type}[]) WITH ORDINALITY u(value, place) ORDER BY place`,
    [array],
  );
  return rows.map((row) => row.value);
}

const same = <T>(row: T): T => row;
const nullable = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values), { maxLength: 30 });
const roundtrips = <T>(
  type: string,
  rows: fc.Arbitrary<T[]>,
  encode: (rows: T[]) => Buffer,
  spell: (row: T) => unknown = same,
) =>
  fc.assert(
    fc.asyncProperty(rows, async (values) => {
      expect(await sent(type, encode(values))).toEqual(values.map(spell));
    }),
    { numRuns: 40 },
  );

describe('an array arrives as it was sent:', () => {
  test('text, with nulls, line breaks and every script', async () => {
    const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\u0000', ''));
    await expect(roundtrips('text', nullable(text), (rows) => textArray(rows, same))).resolves.toBeUndefined();
    expect(await sent('text', textArray(['', null, 'NULL', '{"a"}', '\\', '🙂'], same))).toEqual([
      '',
      null,
      'NULL',
      '{"a"}',
      '\\',
      '🙂',
    ]);
  });

  test('half a surrogate pair arrives as the replacement character', async () => {
    expect(await sent('text', textArray(['a\ud83d', 'b'], same))).toEqual(['a\ufffd', 'b']);
  });

  test('bytea', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
    await expect(roundtrips('bytea', nullable(bytes), (rows) => byteaArray(rows, same))).resolves.toBeUndefined();
    expect(await sent('bytea', byteaArray([Buffer.alloc(0), null], same))).toEqual([Buffer.alloc(0), null]);
  });

  test('uuid, from ids of any prefix', async () => {
    await expect(
      roundtrips('uuid', fc.array(fc.uuid()), (rows) => uuidArray(rows, (value) => idFromUuid('evt', value))),
    ).resolves.toBeUndefined();
  });

  test('smallint', () =>
    expect(
      roundtrips('int2', nullable(fc.integer({ min: -32_768, max: 32_767 })), (rows) => int2Array(rows, same)),
    ).resolves.toBeUndefined());
  test('integer', () =>
    expect(roundtrips('int4', nullable(fc.integer()), (rows) => int4Array(rows, same))).resolves.toBeUndefined());
  test('bigint', () =>
    expect(
      roundtrips(
        'int8',
        nullable(fc.maxSafeInteger()),
        (rows) => int8Array(rows, same),
        (row) => (row === null ? null : String(row)),
      ),
    ).resolves.toBeUndefined());
  test('real', async () => {
    const values = [0, 1.5, -1e-40, 3.4028234663852886e38, null, 0.1];
    const received = await sent('float4', float4Array(values, same));
    expect(received.map((value) => (value === null ? null : Math.fround(value as number)))).toEqual(
      values.map((value) => (value === null ? null : Math.fround(value))),
    );
  });
  test('double precision', () =>
    expect(roundtrips('float8', nullable(fc.double()), (rows) => float8Array(rows, same))).resolves.toBeUndefined());
  test('boolean', () =>
    expect(roundtrips('bool', fc.array(fc.boolean()), (rows) => boolArray(rows, same))).resolves.toBeUndefined());

  test.each([
    ['text', textArray],
    ['bytea', byteaArray],
    ['uuid', uuidArray],
    ['int2', int2Array],
    ['int4', int4Array],
    ['int8', int8Array],
    ['float4', float4Array],
    ['float8', float8Array],
    ['bool', boolArray],
  ])('empty %s', async (type, encode) => {
    expect(
      await sent(
        type,
        encode([], () => null as never),
      ),
    ).toEqual([]);
    const { rows } = await database.pool.query(`SELECT cardinality($1::${type}[]) AS count`, [
      encode([], () => null as never),
    ]);
    expect(rows).toEqual([{ count: 0 }]);
  });
});
