import type pg from 'pg';
import { idFromUuid, uuidFromId } from '../ids/id.rules.ts';

export type Team = { id: string; name: string; retentionDays: number; createdAt: string; updatedAt: string };

type Row = { id: string; name: string; retention_days: number; created_at: Date; updated_at: Date };
type Queryable = Pick<pg.Pool, 'query'>;

const columns = 'id, name, retention_days, created_at, updated_at';

function toTeam(row: Row): Team {
  return {
    id: idFromUuid('team', row.id),
    name: row.name,
    retentionDays: row.retention_days,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function insertTeam(
  database: Queryable,
  team: { id: string; name: string; retentionDays: number },
): Promise<Team> {
  const { rows } = await database.query<Row>(
    `INSERT INTO team (id, name, retention_days) VALUES ($1, $2, $3) RETURNING ${columns}`,
    [uuidFromId(team.id), team.name, team.retentionDays],
  );
  return toTeam(rows[0] as Row);
}

/** Null when there is no such team, or it was deleted. */
export async function findTeam(database: Queryable, teamId: string): Promise<Team | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM team WHERE id = $1 AND deleted_at IS NULL`, [
    uuidFromId(teamId),
  ]);
  return rows[0] === undefined ? null : toTeam(rows[0]);
}

/** Newest first; up to `limit` teams older than `after`. */
export async function listTeamRows(database: Queryable, limit: number, after: string | null): Promise<Team[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM team WHERE deleted_at IS NULL AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $1`,
    [limit, after === null ? null : uuidFromId(after)],
  );
  return rows.map(toTeam);
}

/** Leaves what is not given as it is. Null when there is no such team. */
export async function changeTeam(
  database: Queryable,
  teamId: string,
  change: { name?: string | undefined; retentionDays?: number | undefined },
): Promise<Team | null> {
  const { rows } = await database.query<Row>(
    `UPDATE team SET name = coalesce($2, name), retention_days = coalesce($3, retention_days), updated_at = now()
       WHERE id = $1 AND deleted_at IS NULL RETURNING ${columns}`,
    [uuidFromId(teamId), change.name ?? null, change.retentionDays ?? null],
  );
  return rows[0] === undefined ? null : toTeam(rows[0]);
}

/**
 * Marks the team, its endpoints and its connections deleted and revokes its keys; what opens accounts at providers goes at
 * once, and so do the names of its members. False when there is none.
 */
export async function markTeamDeleted(database: Queryable, teamId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `WITH gone AS (UPDATE team SET deleted_at = now() WHERE id = $1 AND deleted_at IS NULL RETURNING id) SELECT FROM gone`,
    [uuidFromId(teamId)],
  );
  if (rowCount !== 1) return false;
  await database.query('UPDATE endpoint SET deleted_at = now() WHERE team_id = $1 AND deleted_at IS NULL', [
    uuidFromId(teamId),
  ]);
  await database.query('UPDATE connection SET deleted_at = now() WHERE team_id = $1 AND deleted_at IS NULL', [
    uuidFromId(teamId),
  ]);
  await database.query('DELETE FROM connection_credential WHERE team_id = $1', [uuidFromId(teamId)]);
  await database.query('DELETE FROM connection_credential_use WHERE team_id = $1', [uuidFromId(teamId)]);
  await database.query('DELETE FROM closing_probe WHERE team_id = $1', [uuidFromId(teamId)]);
  await database.query('DELETE FROM team_signer WHERE team_id = $1', [uuidFromId(teamId)]);
  await database.query('DELETE FROM member WHERE team_id = $1', [uuidFromId(teamId)]);
  await database.query('UPDATE api_key SET revoked_at = now() WHERE team_id = $1 AND revoked_at IS NULL', [
    uuidFromId(teamId),
  ]);
  return true;
}
