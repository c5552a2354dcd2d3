import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

/** How many calls through a connection came with a credential on a day. Times are Unix milliseconds. */
export type BroughtTally = {
  teamId: string;
  connectionId: string;
  dayMs: number;
  kind: 'own' | 'other';
  calls: number;
  lastMs: number;
  lastCallId: string;
};

/** Adds to what is stored, in one statement, locking rows in the order of their keys, and removes days of 90 days ago. */
export async function addBrought(database: Pick<pg.Pool, 'query'>, tallies: readonly BroughtTally[]): Promise<void> {
  await database.query(
    `WITH brought AS (
       INSERT INTO brought_credential AS b (team_id, connection_id, day, kind, calls, last_at, last_call_id)
         SELECT u.team, u.connection, (to_timestamp(u.day_ms / 1000) AT TIME ZONE 'UTC')::date, u.kind, u.calls,
             to_timestamp(u.last_ms / 1000), u.last_call
           FROM unnest($1::uuid[], $2::uuid[], $3::double precision[], $4::text[], $5::bigint[], $6::double precision[],
               $7::uuid[]) AS u(team, connection, day_ms, kind, calls, last_ms, last_call)
           ORDER BY u.team, u.connection, u.day_ms, u.kind
         ON CONFLICT (team_id, connection_id, day, kind) DO UPDATE SET calls = b.calls + excluded.calls,
           last_call_id = CASE WHEN excluded.last_at > b.last_at THEN excluded.last_call_id ELSE b.last_call_id END,
           last_at = greatest(b.last_at, excluded.last_at)
         RETURNING team_id, connection_id, day)
     DELETE FROM brought_credential o USING brought
       WHERE o.team_id = brought.team_id AND o.connection_id = brought.connection_id AND o.day < brought.day - 90`,
    [
      tallies.map(({ teamId }) => uuidFromId(teamId)),
      tallies.map(({ connectionId }) => uuidFromId(connectionId)),
      tallies.map(({ dayMs }) => dayMs),
      tallies.map(({ kind }) => kind),
      tallies.map(({ calls }) => calls),
      tallies.map(({ lastMs }) => lastMs),
      tallies.map(({ lastCallId }) => uuidFromId(lastCallId)),
    ],
  );
}
