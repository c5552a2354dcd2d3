import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { GoneCredential } from './closing-probe.ts';
import { firstProbeAfterMs } from './closing-probe.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const columns = 'team_id, connection_id, id, name, kind, environment, base_url, options, sealed, replaced_at, due_at';
const firstDue = `now() + interval '${firstProbeAfterMs / 1000} seconds'`;

/** Begins a probe; one that there was of the same credential, which has come back meanwhile, begins anew. */
const begin = (select: string): string =>
  `INSERT INTO closing_probe AS p (${columns}) ${select}
     ON CONFLICT (team_id, connection_id, id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
       environment = excluded.environment, base_url = excluded.base_url, options = excluded.options,
       sealed = excluded.sealed, state = 'outstanding', because = NULL, replaced_at = excluded.replaced_at, tries = 0,
       failures = 0, status = NULL, tried_at = NULL, accepted_at = NULL, closed_at = NULL, due_at = excluded.due_at,
       worked_until = NULL, claims = p.claims + 1`;

/** What has ended before it was removed has its probe already. */
const isProbed = (credential: string): string =>
  `EXISTS (SELECT FROM closing_probe known WHERE known.team_id = c.team_id AND known.connection_id = c.id
     AND known.id = ${credential}.id AND coalesce(known.closed_at, 'infinity') >= ${credential}.expires_at)`;

/**
 * Removes every credential of the connection but the kept ones, and what is known of their use. A probe of each begins,
 * of where the connection leads as the statement finds it; those that are kept elsewhere have none.
 */
export async function closeOtherCredentials(
  database: Queryable,
  place: { teamId: string; connectionId: string },
  keptIds: readonly string[],
  elsewhereIds: readonly string[],
): Promise<void> {
  await database.query(
    `WITH gone AS (DELETE FROM connection_credential
        WHERE team_id = $1 AND connection_id = $2 AND id <> ALL ($3::uuid[]) RETURNING *),
      unused AS (DELETE FROM connection_credential_use
        WHERE team_id = $1 AND connection_id = $2 AND credential_id IN (SELECT id FROM gone))
      ${begin(`SELECT c.team_id, c.id, g.id, g.name, g.kind, c.environment, c.base_url, c.options, g.sealed, now(), ${firstDue}
        FROM gone g JOIN connection c ON c.team_id = g.team_id AND c.id = g.connection_id
        WHERE g.id <> ALL ($4::uuid[]) AND NOT (coalesce(g.expires_at <= now(), false) AND ${isProbed('g')})`)}`,
    [uuidFromId(place.teamId), uuidFromId(place.connectionId), keptIds.map(uuidFromId), elsewhereIds.map(uuidFromId)],
  );
}

/** Begins the probe of one; of a connection that was deleted there is none. */
export async function beginProbe(database: Queryable, gone: GoneCredential): Promise<void> {
  await database.query(
    begin(`SELECT c.team_id, c.id, $3::uuid, $4, $5, $6, $7, $8::jsonb, $9::bytea, now(), ${firstDue}
      FROM connection c WHERE c.team_id = $1 AND c.id = $2 AND c.deleted_at IS NULL
        AND NOT EXISTS (SELECT FROM connection_credential k
          WHERE k.team_id = c.team_id AND k.connection_id = c.id AND k.id = $3)`),
    [
      uuidFromId(gone.teamId),
      uuidFromId(gone.connectionId),
      uuidFromId(gone.id),
      gone.name,
      gone.kind,
      gone.environment,
      gone.baseUrl,
      JSON.stringify(gone.options),
      gone.sealed,
    ],
  );
}

/** Begins probes of credentials that have ended and are still in their connections. */
export async function beginProbesOfEnded(database: Queryable, nowMs: number): Promise<void> {
  await database.query(
    begin(`SELECT c.team_id, c.id, k.id, k.name, k.kind, c.environment, c.base_url, c.options, k.sealed, now(), ${firstDue}
      FROM connection_credential k JOIN connection c ON c.team_id = k.team_id AND c.id = k.connection_id
      WHERE k.expires_at <= to_timestamp($1::double precision / 1000) AND c.deleted_at IS NULL AND NOT ${isProbed('k')}
      LIMIT 500`),
    [nowMs],
  );
}
