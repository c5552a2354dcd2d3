import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { createSnapshotDirectory } from '../teams/snapshot-directory.ts';
import type { ConnectionConfig, ConnectionDirectory } from './connection-config.ts';
import { readAllConnections, readTeamConnections } from './connection-snapshot.store.ts';
import { type ConnectionRow, readConnectionConfig } from './read-connection-config.ts';

/** Every connection of every team in memory. Without the database nothing is called, so nothing is kept for that. */
export function createConnectionDirectory(options: {
  database: pg.Pool;
  sealer: Sealer;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): ConnectionDirectory {
  const { database, sealer, clock, timers, onError } = options;
  return createSnapshotDirectory<ConnectionRow, ConnectionConfig>({
    idPrefix: idPrefixes.connection,
    readAll: () => readAllConnections(database),
    readTeam: (teamId) => readTeamConnections(database, teamId),
    open: (row) => readConnectionConfig(sealer, row),
    clock,
    timers,
    onError,
  });
}
