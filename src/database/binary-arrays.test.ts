import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { idFromUuid } from '../ids/id.rules.ts';
import {
  boolColumn,
  byteaColumn,
  float4Column,
  float8Column,
  int2Column,
  int4Column,
  int8Column,
  textColumn,
  uuidColumn,
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
    await expect(roundtrips('text', nullable(text), textColumn(same))).resolves.toBeUndefined();
    expect(await sent('text', textColumn<string | null>(same)(['', null, 'NULL', '{"a"}', '\\', '🙂']))).toEqual([
      '',
      null,
      'NULL',
      '{"a"}',
      '\\',
      '🙂',
    ]);
  });

  test('half a surrogate pair arrives as the replacement character', async () => {
    expect(await sent('text', textColumn<string | null>(same)(['a\ud83d', 'b']))).toEqual(['a\ufffd', 'b']);
  });

  test('bytea', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
    await expect(roundtrips('bytea', nullable(bytes), byteaColumn(same))).resolves.toBeUndefined();
    expect(await sent('bytea', byteaColumn<Buffer | null>(same)([Buffer.alloc(0), null]))).toEqual([
      Buffer.alloc(0),
      null,
    ]);
  });

  test('uuid, from ids of any prefix', async () => {
    await expect(
      roundtrips(
        'uuid',
        fc.array(fc.uuid()),
        uuidColumn((value) => idFromUuid('evt', value)),
      ),
    ).resolves.toBeUndefined();
  });

  test('smallint', () =>
    expect(
      roundtrips('int2', nullable(fc.integer({ min: -32_768, max: 32_767 })), int2Column(same)),
    ).resolves.toBeUndefined());
  test('integer', () => expect(roundtrips('int4', nullable(fc.integer()), int4Column(same))).resolves.toBeUndefined());
  test('bigint', () =>
    expect(
      roundtrips('int8', nullable(fc.maxSafeInteger()), int8Column(same), (row) => (row === null ? null : String(row))),
    ).resolves.toBeUndefined());
  test('real', async () => {
    const values = [0, 1.5, -1e-40, 3.4028234663852886e38, null, 0.1];
    const received = await sent('float4', float4Column<number | null>(same)(values));
    expect(received.map((value) => (value === null ? null : Math.fround(value as number)))).toEqual(
      values.map((value) => (value === null ? null : Math.fround(value))),
    );
  });
  test('double precision', () =>
    expect(roundtrips('float8', nullable(fc.double()), float8Column(same))).resolves.toBeUndefined());
  test('boolean', () => expect(roundtrips('bool', fc.array(fc.boolean()), boolColumn(same))).resolves.toBeUndefined());

  test.each([
    ['text', textColumn],
    ['bytea', byteaColumn],
    ['uuid', uuidColumn],
    ['int2', int2Column],
    ['int4', int4Column],
    ['int8', int8Column],
    ['float4', float4Column],
    ['float8', float8Column],
    ['bool', boolColumn],
  ])('empty %s', async (type, encode) => {
    expect(await sent(type, encode(() => null as never)([]))).toEqual([]);
    const { rows } = await database.pool.query(`SELECT cardinality($1::${type}[]) AS count`, [
      encode(() => null as never)([]),
    ]);
    expect(rows).toEqual([{ count: 0 }]);
  });
});
