import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A credential as it goes into its row. */
export type NewCredentialRow = { id: string; name: string; kind: string; sealed: Buffer; expiresAtMs: number | null };

export async function insertCredentials(
  database: Queryable,
  teamId: string,
  connectionId: string,
  credentials: readonly NewCredentialRow[],
): Promise<void> {
  if (credentials.length === 0) return;
  await database.query(
    `INSERT INTO connection_credential (team_id, connection_id, id, name, kind, sealed, expires_at)
       SELECT $1, $2, u.id, u.name, u.kind, u.sealed, to_timestamp(u.expires_ms / 1000)
         FROM unnest($3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::double precision[])
           AS u(id, name, kind, sealed, expires_ms)`,
    [
      uuidFromId(teamId),
      uuidFromId(connectionId),
      credentials.map(({ id }) => uuidFromId(id)),
      credentials.map(({ name }) => name),
      credentials.map(({ kind }) => kind),
      credentials.map(({ sealed }) => sealed),
      credentials.map(({ expiresAtMs }) => expiresAtMs),
    ],
  );
}

export async function setCredentialExpiry(
  database: Queryable,
  teamId: string,
  connectionId: string,
  credential: { id: string; expiresAtMs: number | null },
): Promise<void> {
  await database.query(
    `UPDATE connection_credential SET expires_at = to_timestamp($4::double precision / 1000)
       WHERE team_id = $1 AND connection_id = $2 AND id = $3`,
    [uuidFromId(teamId), uuidFromId(connectionId), uuidFromId(credential.id), credential.expiresAtMs],
  );
}

/** A connection's credentials as they are stored, sealed, newest first. */
export async function readSealedCredentials(
  database: Queryable,
  teamId: string,
  connectionId: string,
): Promise<NewCredentialRow[]> {
  const { rows } = await database.query<Omit<NewCredentialRow, 'expiresAtMs'> & { expires_at: Date | null }>(
    `SELECT id, name, kind, sealed, expires_at FROM connection_credential WHERE team_id = $1 AND connection_id = $2
       ORDER BY id DESC`,
    [uuidFromId(teamId), uuidFromId(connectionId)],
  );
  return rows.map(({ expires_at, ...row }) => ({
    ...row,
    id: idFromUuid(idPrefixes.connectionCredential, row.id),
    expiresAtMs: expires_at?.getTime() ?? null,
  }));
}
