import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

/** A use of a key. `usedMs` is Unix milliseconds. */
export type KeyUse = { teamId: string; apiKeyId: string; usedMs: number };

/**
 * Writes when keys were used last, in one statement, and never back in time. Rows are locked in the order of their keys,
 * so that nodes that write at the same time do not deadlock.
 */
export async function writeKeyUses(database: Pick<pg.Pool, 'query'>, uses: readonly KeyUse[]): Promise<void> {
  await database.query(
    `INSERT INTO api_key_use AS a (team_id, api_key_id, last_used_at)
       SELECT u.team, u.key, to_timestamp(u.used_ms / 1000)
         FROM unnest($1::uuid[], $2::uuid[], $3::double precision[]) AS u(team, key, used_ms) ORDER BY u.team, u.key
       ON CONFLICT (team_id, api_key_id) DO UPDATE SET last_used_at = excluded.last_used_at
         WHERE a.last_used_at < excluded.last_used_at`,
    [
      uses.map(({ teamId }) => uuidFromId(teamId)),
      uses.map(({ apiKeyId }) => uuidFromId(apiKeyId)),
      uses.map(({ usedMs }) => usedMs),
    ],
  );
}
