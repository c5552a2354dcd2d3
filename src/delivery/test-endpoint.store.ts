import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

export async function endpointExists(database: Queryable, teamId: string, endpointId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    'SELECT FROM endpoint WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
    [uuidFromId(teamId), uuidFromId(endpointId)],
  );
  return rowCount === 1;
}

/** Undefined when the type is not registered, null when it has no example. */
export async function findExample(database: Queryable, teamId: string, eventType: string): Promise<unknown> {
  const { rows } = await database.query<{ example: unknown }>(
    'SELECT example FROM event_type WHERE team_id = $1 AND name = $2',
    [uuidFromId(teamId), eventType],
  );
  return rows[0] === undefined ? undefined : rows[0].example;
}
