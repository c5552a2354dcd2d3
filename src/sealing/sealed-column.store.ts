import type pg from 'pg';
import type { SealedColumn } from './sealed-columns.ts';

/** Where a row is: the uuids of its primary key, `team_id` first. */
export type RowKey = readonly string[];

/** How many values of a column are under a key: its id, 16 hex digits. Null: bytes that no release has sealed. */
export type KeyCount = { keyId: string | null; count: number };

/** Of a sealed value, see sealed-blob.rules.ts: version 1, the key's id in bytes 1 to 8, at least 97 bytes. */
const keyIdOf = (column: string): string =>
  `CASE WHEN length(${column}) >= 97 AND get_byte(${column}, 0) = 1
        THEN encode(substring(${column} FROM 2 FOR 8), 'hex') END`;

export async function countByKey(database: pg.Pool, { table, column }: SealedColumn): Promise<KeyCount[]> {
  const { rows } = await database.query<KeyCount>(
    `SELECT ${keyIdOf(column)} AS "keyId", count(*)::int AS count
       FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`,
  );
  return rows;
}

/**
 * As `countByKey`, of so many values at most: soon done, however many there are.
 * @param sample.newestOnly of each team the value with the last id, whatever it replaced
 */
export async function sampleByKey(
  database: Pick<pg.Pool, 'query'>,
  { table, column, key }: SealedColumn,
  sample: { limit: number; newestOnly: boolean },
): Promise<KeyCount[]> {
  const [distinct, order] = sample.newestOnly
    ? ['DISTINCT ON (team_id)', `ORDER BY team_id, ${key.at(-1)} DESC`]
    : ['', ''];
  const { rows } = await database.query<KeyCount>(
    `SELECT ${keyIdOf('value')} AS "keyId", count(*)::int AS count
       FROM (SELECT ${distinct} ${column} AS value FROM ${table} WHERE ${column} IS NOT NULL ${order} LIMIT $1) sample
      GROUP BY 1`,
    [sample.limit],
  );
  return rows;
}

/** The next values behind `after` that are under any of these keys, in the order of the primary key. */
export async function readSealedPage(
  database: pg.Pool,
  { table, column, key }: SealedColumn,
  page: { after: RowKey | null; keyIds: readonly string[]; limit: number },
): Promise<{ key: RowKey; sealed: Buffer }[]> {
  const columns = ['team_id', ...key];
  const bounds = page.after ?? [];
  const behind =
    page.after === null
      ? ''
      : `AND (${columns.join(', ')}) > (${columns.map((_, index) => `$${index + 3}`).join(', ')})`;
  const { rows } = await database.query<{ key: string[]; sealed: Buffer }>(
    `SELECT ARRAY[${columns.map((each) => `${each}::text`).join(', ')}] AS key, ${column} AS sealed
       FROM ${table} WHERE ${keyIdOf(column)} = ANY($1::text[]) ${behind}
       ORDER BY ${columns.join(', ')} LIMIT $2`,
    [page.keyIds, page.limit, ...bounds],
  );
  return rows;
}

/** Replaces a value, unless it is another by now: then whoever changed it has sealed it. */
export async function replaceSealed(
  database: pg.Pool,
  { table, column, key }: SealedColumn,
  row: RowKey,
  value: { before: Buffer; after: Buffer },
): Promise<boolean> {
  const where = ['team_id', ...key].map((each, index) => `${each} = $${index + 3}`).join(' AND ');
  const { rowCount } = await database.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = $2 AND ${where}`, [
    value.after,
    value.before,
    ...row,
  ]);
  return rowCount === 1;
}
