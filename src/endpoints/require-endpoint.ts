import type pg from 'pg';
import { idPrefixes, isId, uuidFromId } from '../ids/id.rules.ts';
import { noSuchEndpoint } from './find-or-refuse.ts';

/** @throws Problem not_found when the team has no such endpoint. */
export async function requireEndpoint(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  endpointId: string,
): Promise<void> {
  if (!isId(idPrefixes.endpoint, endpointId)) throw noSuchEndpoint(endpointId);
  const { rowCount } = await database.query(
    'SELECT FROM endpoint WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
    [uuidFromId(teamId), uuidFromId(endpointId)],
  );
  if (rowCount !== 1) throw noSuchEndpoint(endpointId);
}
