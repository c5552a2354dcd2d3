import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A credential as it goes into its row. */
export type NewCredentialRow = { id: string; name: string; kind: string; sealed: Buffer; expiresAtMs: number | null };

export async function insertCredentials(
  database: Queryable,
  teamId: string,
  sourceId: string,
  credentials: readonly NewCredentialRow[],
): Promise<void> {
  if (credentials.length === 0) return;
  await database.query(
    `INSERT INTO source_credential (team_id, source_id, id, name, kind, sealed, expires_at)
       SELECT $1, $2, u.id, u.name, u.kind, u.sealed, to_timestamp(u.expires_ms / 1000)
         FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::double precision[])
           AS u(id, name, kind, sealed, expires_ms)`,
    [
      uuidFromId(teamId),
      uuidFromId(sourceId),
      credentials.map(({ id }) => uuidFromId(id)),
      credentials.map(({ name }) => name),
      credentials.map(({ kind }) => kind),
      credentials.map(({ sealed }) => sealed),
      credentials.map(({ expiresAtMs }) => expiresAtMs),
    ],
  );
}

/** Removes every credential of the source but those of the ids. */
export async function removeOtherCredentials(
  database: Queryable,
  teamId: string,
  sourceId: string,
  keptIds: readonly string[],
): Promise<void> {
  await database.query(
    'DELETE FROM source_credential WHERE team_id = $1 AND source_id = $2 AND id <> ALL ($3::uuid[])',
    [uuidFromId(teamId), uuidFromId(sourceId), keptIds.map(uuidFromId)],
  );
}

export async function setCredentialExpiry(
  database: Queryable,
  teamId: string,
  sourceId: string,
  credential: { id: string; expiresAtMs: number | null },
): Promise<void> {
  await database.query(
    `UPDATE source_credential SET expires_at = to_timestamp($4::double precision / 1000)
       WHERE team_id = $1 AND source_id = $2 AND id = $3`,
    [uuidFromId(teamId), uuidFromId(sourceId), uuidFromId(credential.id), credential.expiresAtMs],
  );
}
