import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** How often a credential was used within an hour of the clock. Times are Unix milliseconds. */
export type UseTally = {
  teamId: string;
  connectionId: string;
  credentialId: string;
  hourMs: number;
  uses: number;
  lastMs: number;
};

/**
 * Adds to what is stored, in one statement, and removes hours of these credentials that nobody looks at any more: what
 * is not used keeps its last hour, so that its last use stays known. Rows are locked in the order of their keys, so that
 * nodes that write at the same time wait for each other and do not deadlock. Credentials that were removed meanwhile
 * are left out.
 */
export async function addUses(database: Queryable, tallies: readonly UseTally[]): Promise<void> {
  await database.query(
    `WITH used AS (
       INSERT INTO connection_credential_use AS a (team_id, connection_id, credential_id, hour, uses, last_used_at)
         SELECT u.team, u.connection, u.credential, to_timestamp(u.hour_ms / 1000), u.uses,
             to_timestamp(u.last_ms / 1000)
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::double precision[], $5::bigint[],
               $6::double precision[]) AS u(team, connection, credential, hour_ms, uses, last_ms)
           JOIN connection_credential k ON k.team_id = u.team AND k.connection_id = u.connection AND k.id = u.credential
           ORDER BY u.team, u.connection, u.credential, u.hour_ms
         ON CONFLICT (team_id, connection_id, credential_id, hour) DO UPDATE SET
           uses = a.uses + excluded.uses, last_used_at = greatest(a.last_used_at, excluded.last_used_at)
         RETURNING team_id, connection_id, credential_id, hour)
     DELETE FROM connection_credential_use o USING used
       WHERE o.team_id = used.team_id AND o.connection_id = used.connection_id
         AND o.credential_id = used.credential_id AND o.hour < used.hour - interval '48 hours'`,
    [
      tallies.map(({ teamId }) => uuidFromId(teamId)),
      tallies.map(({ connectionId }) => uuidFromId(connectionId)),
      tallies.map(({ credentialId }) => uuidFromId(credentialId)),
      tallies.map(({ hourMs }) => hourMs),
      tallies.map(({ uses }) => uses),
      tallies.map(({ lastMs }) => lastMs),
    ],
  );
}
