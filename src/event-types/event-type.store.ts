import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

export type EventType = {
  name: string;
  description: string | null;
  /** JSON Schema, draft 2020-12; null takes every payload. */
  schema: unknown;
  example: unknown;
  /** True for the types that Posthorn itself sends. */
  operational: boolean;
  createdAt: string | null;
  updatedAt: string | null;
};

export type EventTypeSettings = { description: string | null; schema: unknown; example: unknown };

type Row = EventTypeSettings & { name: string; created_at: Date; updated_at: Date };
type Queryable = Pick<pg.Pool, 'query'>;

const columns = 'name, description, schema, example, created_at, updated_at';

function toEventType(row: Row): EventType {
  return {
    name: row.name,
    description: row.description,
    schema: row.schema,
    example: row.example,
    operational: false,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function parameters(teamId: string, name: string, settings: EventTypeSettings): unknown[] {
  const json = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));
  return [uuidFromId(teamId), name, settings.description, json(settings.schema), json(settings.example)];
}

export async function countEventTypes(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM event_type WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

/** Null when the team has a type of this name. */
export async function insertEventType(
  database: Queryable,
  teamId: string,
  name: string,
  settings: EventTypeSettings,
): Promise<EventType | null> {
  const { rows } = await database.query<Row>(
    `INSERT INTO event_type (team_id, name, description, schema, example) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (team_id, name) DO NOTHING RETURNING ${columns}`,
    parameters(teamId, name, settings),
  );
  return rows[0] === undefined ? null : toEventType(rows[0]);
}

export async function replaceEventType(
  database: Queryable,
  teamId: string,
  name: string,
  settings: EventTypeSettings,
): Promise<EventType> {
  const { rows } = await database.query<Row>(
    `UPDATE event_type SET description = $3, schema = $4, example = $5, updated_at = now()
       WHERE team_id = $1 AND name = $2 RETURNING ${columns}`,
    parameters(teamId, name, settings),
  );
  return toEventType(rows[0] as Row);
}

export async function findEventType(database: Queryable, teamId: string, name: string): Promise<EventType | null> {
  const { rows } = await database.query<Row>(`SELECT ${columns} FROM event_type WHERE team_id = $1 AND name = $2`, [
    uuidFromId(teamId),
    name,
  ]);
  return rows[0] === undefined ? null : toEventType(rows[0]);
}

/** By name, as bytes compare. */
export async function listEventTypeRows(
  database: Queryable,
  teamId: string,
  limit: number,
  after: string | null,
): Promise<EventType[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM event_type WHERE team_id = $1 AND ($3::text IS NULL OR name COLLATE "C" > $3)
       ORDER BY name COLLATE "C" LIMIT $2`,
    [uuidFromId(teamId), limit, after],
  );
  return rows.map(toEventType);
}

/** False when there was none. */
export async function removeEventType(database: Queryable, teamId: string, name: string): Promise<boolean> {
  const { rowCount } = await database.query('DELETE FROM event_type WHERE team_id = $1 AND name = $2', [
    uuidFromId(teamId),
    name,
  ]);
  return rowCount === 1;
}
