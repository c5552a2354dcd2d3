import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Undefined when the type is not registered, null when it has no example. */
export async function findExample(database: Queryable, teamId: string, eventType: string): Promise<unknown> {
  const { rows } = await database.query<{ example: unknown }>(
    'SELECT example FROM event_type WHERE team_id = $1 AND name = $2',
    [uuidFromId(teamId), eventType],
  );
  return rows[0] === undefined ? undefined : rows[0].example;
}
