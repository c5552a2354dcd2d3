import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Registers those that the team does not have; what it has stays as it is. @returns how many it registered. */
export async function registerEventTypes(
  database: Queryable,
  teamId: string,
  types: readonly { name: string; description: string }[],
): Promise<number> {
  const { rowCount } = await database.query(
    `INSERT INTO event_type (team_id, name, description)
       SELECT $1, u.name, u.description FROM unnest($2::text[], $3::text[]) AS u(name, description)
       ON CONFLICT (team_id, name) DO NOTHING`,
    [uuidFromId(teamId), types.map(({ name }) => name), types.map(({ description }) => description)],
  );
  return rowCount ?? 0;
}

export async function countEventTypes(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM event_type WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}
