import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';

export type OutboxEntry = {
  teamId: string;
  /** A random uuid: also the idempotency key of its event. */
  entryId: string;
  type: string;
  data: Record<string, unknown>;
  createdAt: Date;
};

/** In the transaction of the change that it tells of. */
export async function insertOutboxEntry(
  database: Pick<pg.Pool, 'query'>,
  { teamId, type, data }: Pick<OutboxEntry, 'teamId' | 'type' | 'data'>,
): Promise<void> {
  await database.query('INSERT INTO operational_outbox (team_id, type, data) VALUES ($1, $2, $3)', [
    uuidFromId(teamId),
    type,
    JSON.stringify(data),
  ]);
}

/** Some entries of teams that exist, oldest first among those that were read. */
export async function readOutbox(database: pg.Pool, limit: number): Promise<OutboxEntry[]> {
  const { rows } = await database.query<{
    team_id: string;
    id: string;
    type: string;
    data: Record<string, unknown>;
    created_at: Date;
  }>(
    `SELECT o.team_id, o.id, o.type, o.data, o.created_at FROM (
       SELECT x.* FROM operational_outbox x JOIN team t ON t.id = x.team_id AND t.deleted_at IS NULL LIMIT $1) o
     ORDER BY o.created_at`,
    [limit],
  );
  return rows.map((row) => ({
    teamId: idFromUuid(idPrefixes.team, row.team_id),
    entryId: row.id,
    type: row.type,
    data: row.data,
    createdAt: row.created_at,
  }));
}

export async function deleteOutboxEntries(database: pg.Pool, entries: readonly OutboxEntry[]): Promise<void> {
  await database.query(
    'DELETE FROM operational_outbox o USING unnest($1::uuid[], $2::uuid[]) u(t, i) WHERE o.team_id = u.t AND o.id = u.i',
    [entries.map((entry) => uuidFromId(entry.teamId)), entries.map((entry) => entry.entryId)],
  );
}
