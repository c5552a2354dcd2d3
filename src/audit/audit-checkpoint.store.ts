import type pg from 'pg';
import { chainUuid } from './audit-entry.store.ts';
import { type Checkpoint, checkpointText, type SignedCheckpoint } from './checkpoint.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Any constants that nothing else locks. */
const lockKey = '7640387254310917';

/** Keeps others from writing a checkpoint, or making a key, until the transaction ends. */
export async function lockCheckpoints(client: pg.PoolClient): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${lockKey})`);
}

type Row = { body: string; signature: string };

function toCheckpoint({ body, signature }: Row): SignedCheckpoint {
  return { ...(JSON.parse(body) as Checkpoint), signature };
}

/** How far the last checkpoint is: its number, when it was written and how many entries there were. */
export async function findLastCheckpoint(
  database: Queryable,
): Promise<{ number: number; atMs: number; entries: number } | null> {
  const { rows } = await database.query<{ number: string; at: Date; entries: string }>(
    'SELECT number, at, entries FROM audit_checkpoint WHERE team_id = $1 ORDER BY number DESC LIMIT 1',
    [chainUuid(null)],
  );
  const row = rows[0];
  return row === undefined
    ? null
    : { number: Number(row.number), atMs: row.at.getTime(), entries: Number(row.entries) };
}

export async function findCheckpoint(database: Queryable, number: number): Promise<SignedCheckpoint | null> {
  const { rows } = await database.query<Row>(
    `SELECT body, translate(encode(signature, 'base64'), E'\\n', '') AS signature FROM audit_checkpoint
      WHERE team_id = $1 AND number = $2`,
    [chainUuid(null), number],
  );
  return rows[0] === undefined ? null : toCheckpoint(rows[0]);
}

export async function insertCheckpoint(
  database: Queryable,
  checkpoint: SignedCheckpoint & { number: number },
  entries: number,
): Promise<void> {
  await database.query(
    `INSERT INTO audit_checkpoint (team_id, number, at, entries, body, signature)
      VALUES ($1, $2, $3, $4, $5, decode($6, 'base64'))`,
    [chainUuid(null), checkpoint.number, checkpoint.at, entries, checkpointText(checkpoint), checkpoint.signature],
  );
}

/** In the order of their numbers behind `after`, or backwards from before it. */
export async function listCheckpointRows(
  database: Queryable,
  page: { after: number | null; descending: boolean; limit: number },
): Promise<SignedCheckpoint[]> {
  const { rows } = await database.query<Row>(
    `SELECT body, translate(encode(signature, 'base64'), E'\\n', '') AS signature FROM audit_checkpoint
      WHERE team_id = $1 AND ($2::bigint IS NULL OR number ${page.descending ? '<' : '>'} $2)
      ORDER BY number ${page.descending ? 'DESC' : ''} LIMIT $3`,
    [chainUuid(null), page.after, page.limit],
  );
  return rows.map(toCheckpoint);
}

/** The newest, which signs; null when there is none yet. */
export async function findKey(
  database: Queryable,
): Promise<{ uuid: string; sealed: Buffer; publicKey: Buffer } | null> {
  const { rows } = await database.query<{ uuid: string; sealed: Buffer; publicKey: Buffer }>(
    `SELECT id AS uuid, sealed, public_key AS "publicKey" FROM audit_key WHERE team_id = $1 ORDER BY id DESC LIMIT 1`,
    [chainUuid(null)],
  );
  return rows[0] ?? null;
}

export async function insertKey(
  database: Queryable,
  key: { uuid: string; sealed: Buffer; publicKey: Buffer },
): Promise<void> {
  await database.query('INSERT INTO audit_key (team_id, id, public_key, sealed) VALUES ($1, $2, $3, $4)', [
    chainUuid(null),
    key.uuid,
    key.publicKey,
    key.sealed,
  ]);
}

/** For a key that another has replaced: its public half is in the log. */
export async function deleteKey(database: Queryable, uuid: string): Promise<void> {
  await database.query('DELETE FROM audit_key WHERE team_id = $1 AND id = $2', [chainUuid(null), uuid]);
}
