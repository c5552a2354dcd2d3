import type pg from 'pg';
import type { GoneCredential } from '../connections/closing-probe.ts';
import type { SealedCredential } from '../connections/switch-account.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Promotion } from './promotion.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Place = { teamId: string; id: string };

/** Keeps credentials as they are stored, for a promotion or for its way back. */
export async function keepCredentials(
  database: Queryable,
  { teamId, id }: Place,
  part: 'former' | 'next',
  credentials: readonly SealedCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  await database.query(
    `INSERT INTO promotion_credential (team_id, promotion_id, part, id, name, kind, sealed, expires_at)
       SELECT $1, $2, $3, u.id, u.name, u.kind, u.sealed, to_timestamp(u.expires_ms / 1000)
         FROM unnest($4::uuid[], $5::text[], $6::text[], $7::bytea[], $8::double precision[])
           AS u(id, name, kind, sealed, expires_ms)`,
    [
      uuidFromId(teamId),
      uuidFromId(id),
      part,
      credentials.map((each) => uuidFromId(each.id)),
      credentials.map(({ name }) => name),
      credentials.map(({ kind }) => kind),
      credentials.map(({ sealed }) => sealed),
      credentials.map(({ expiresAtMs }) => expiresAtMs),
    ],
  );
}

export async function readKeptCredentials(
  database: Queryable,
  { teamId, id }: Place,
  part: 'former' | 'next',
): Promise<SealedCredential[]> {
  const { rows } = await database.query<Omit<SealedCredential, 'expiresAtMs'> & { expires_at: Date | null }>(
    `SELECT id, name, kind, sealed, expires_at FROM promotion_credential
       WHERE team_id = $1 AND promotion_id = $2 AND part = $3 ORDER BY id DESC`,
    [uuidFromId(teamId), uuidFromId(id), part],
  );
  return rows.map(({ expires_at, ...row }) => ({
    ...row,
    id: idFromUuid(idPrefixes.connectionCredential, row.id),
    expiresAtMs: expires_at?.getTime() ?? null,
  }));
}

export async function dropKeptCredentials(
  database: Queryable,
  { teamId, id }: Place,
  part: 'former' | 'next',
): Promise<void> {
  await database.query('DELETE FROM promotion_credential WHERE team_id = $1 AND promotion_id = $2 AND part = $3', [
    uuidFromId(teamId),
    uuidFromId(id),
    part,
  ]);
}

type DroppedRow = {
  team_id: string;
  connection_id: string;
  id: string;
  name: string;
  kind: string;
  sealed: Buffer;
  former: Promotion['former'];
  served: boolean;
};

/**
 * Nobody goes back after so long: former credentials are not kept for nothing. Also those of deleted teams.
 * @returns those that connections were called with before a promotion that is live
 */
export async function takeFormerCredentials(database: Queryable, beforeMs: number): Promise<GoneCredential[]> {
  const { rows } = await database.query<DroppedRow>(
    `DELETE FROM promotion_credential c USING promotion p WHERE p.team_id = c.team_id AND p.id = c.promotion_id
       AND (p.ended_at < to_timestamp($1::double precision / 1000)
         OR NOT EXISTS (SELECT FROM team t WHERE t.id = c.team_id AND t.deleted_at IS NULL))
       RETURNING c.team_id, p.connection_id, c.id, c.name, c.kind, c.sealed, p.former,
         c.part = 'former' AND p.state = 'live' AS served`,
    [beforeMs],
  );
  return rows
    .filter(({ served }) => served)
    .map(({ team_id, connection_id, id, name, kind, sealed, former }) => ({
      teamId: idFromUuid(idPrefixes.team, team_id),
      connectionId: idFromUuid(idPrefixes.connection, connection_id),
      id: idFromUuid(idPrefixes.connectionCredential, id),
      name,
      kind,
      sealed,
      ...former,
    }));
}
