import type pg from 'pg';
import type { Sealer } from '../sealing/sealer.ts';
import type { ConnectionConfig } from './connection-config.ts';
import { readTeamConnections } from './connection-snapshot.store.ts';
import { readConnectionConfig } from './read-connection-config.ts';

/**
 * A team's connections as the database has them now, for decisions that a moment's delay of the directory must not change.
 * Those that cannot be opened are left out, as in the directory: no call can be made through them.
 */
export async function readTeamConfigs(
  { database, sealer }: { database: Pick<pg.Pool, 'query'>; sealer: Sealer },
  teamId: string,
): Promise<ConnectionConfig[]> {
  return (await readTeamConnections(database, teamId)).flatMap((row) => {
    try {
      return [readConnectionConfig(sealer, row)];
    } catch {
      return [];
    }
  });
}
