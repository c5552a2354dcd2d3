import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';

/** Whether a connection is still there: locked, so that it is until the transaction ends. */
export async function isConnectionKept(
  client: pg.PoolClient,
  { teamId, connectionId }: { teamId: string; connectionId: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM connection WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE',
    [uuidFromId(teamId), uuidFromId(connectionId)],
  );
  return rowCount === 1;
}
