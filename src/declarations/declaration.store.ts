import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { Declarations } from './declaration.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Row = Omit<Declarations, 'writtenAt'> & { writtenAt: Date };

const columns = 'version, parts, confirmed, written_by AS "writtenBy", written_at AS "writtenAt"';

function toDeclarations({ writtenAt, ...rest }: Row): Declarations {
  return { ...rest, writtenAt: writtenAt.toISOString() };
}

/** The one that holds, or the one of a version; null when there is none. */
export async function findDeclarations(
  database: Queryable,
  teamId: string,
  version: number | null,
): Promise<Declarations | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM declaration WHERE team_id = $1 AND ($2::integer IS NULL OR version = $2)
      ORDER BY version DESC LIMIT 1`,
    [uuidFromId(teamId), version],
  );
  return rows[0] === undefined ? null : toDeclarations(rows[0]);
}

/** Newest first; up to `limit` before the version `after`. */
export async function listDeclarationRows(
  database: Queryable,
  input: { teamId: string; limit: number; after: number | null },
): Promise<Declarations[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM declaration WHERE team_id = $1 AND ($3::integer IS NULL OR version < $3)
      ORDER BY version DESC LIMIT $2`,
    [uuidFromId(input.teamId), input.limit, input.after],
  );
  return rows.map(toDeclarations);
}

/** Under the lock of the team, so that versions follow one another. */
export async function insertDeclarations(database: Queryable, teamId: string, written: Declarations): Promise<void> {
  const { version, parts, confirmed, writtenBy, writtenAt } = written;
  await database.query(
    `INSERT INTO declaration (team_id, version, parts, confirmed, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [uuidFromId(teamId), version, JSON.stringify(parts), JSON.stringify(confirmed), writtenBy, writtenAt],
  );
}

/** Which of the ids are of nothing that the team has: sources, endpoints, connections, api keys, members. */
export async function findStrangers(database: Queryable, teamId: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await database.query<{ id: string }>(
    `SELECT id FROM source WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL
     UNION ALL SELECT id FROM endpoint WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL
     UNION ALL SELECT id FROM connection WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL
     UNION ALL SELECT id FROM api_key WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND revoked_at IS NULL
     UNION ALL SELECT id FROM member WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND removed_at IS NULL`,
    [uuidFromId(teamId), ids.map(uuidFromId)],
  );
  const known = new Set(rows.map(({ id }) => id));
  return new Set(ids.filter((id) => !known.has(uuidFromId(id))));
}
