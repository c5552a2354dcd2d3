import type pg from 'pg';
import { Problem } from '../problem.ts';
import { uuidFromId } from '../ids/id.rules.ts';

/** @throws Problem not_found when the team does not exist or was deleted. */
export async function requireTeam(database: Pick<pg.Pool, 'query'>, teamId: string): Promise<void> {
  const found = await database.query('SELECT FROM team WHERE id = $1 AND deleted_at IS NULL', [uuidFromId(teamId)]);
  if (found.rowCount !== 1) throw new Problem('not_found', `There is no team ${teamId}.`);
}

/**
 * Makes changes to one team's configuration take turns, so that limits hold and triggers cannot deadlock.
 * @throws Problem not_found when the team does not exist or was deleted.
 */
export async function lockTeam(client: pg.PoolClient, teamId: string): Promise<void> {
  const found = await client.query('SELECT FROM team WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE', [
    uuidFromId(teamId),
  ]);
  if (found.rowCount !== 1) throw new Problem('not_found', `There is no team ${teamId}.`);
}
