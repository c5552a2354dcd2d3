import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { createSnapshotDirectory, type SnapshotCache, type SnapshotDirectory } from '../teams/snapshot-directory.ts';
import { readSourceConfig, type SourceRow } from './read-source-config.ts';
import type { SourceConfig } from './source-config.ts';
import { readAllSources, readTeamSources } from './source-snapshot.store.ts';

/** Where the last known sources are kept, for a start without the database. What is secret in them stays sealed. */
export type SourceCache = SnapshotCache<SourceRow>;

/** Every source of every team. `find` answers null also for one that cannot be read; `has` tells these apart. */
export type SourceDirectory = Omit<SnapshotDirectory<SourceConfig>, 'all' | 'onChange'>;

/**
 * Every source of every team in memory, so that a request costs no query and sources go on taking requests while the
 * database is away; with a cache, from the start.
 */
export function createSourceDirectory(options: {
  database: pg.Pool;
  sealer: Sealer;
  clock: Clock;
  timers: Timers;
  cache: SourceCache;
  onError: (error: unknown) => void;
}): SourceDirectory {
  const { database, sealer, cache, clock, timers, onError } = options;
  return createSnapshotDirectory<SourceRow, SourceConfig>({
    idPrefix: idPrefixes.source,
    readAll: () => readAllSources(database),
    readTeam: (teamId) => readTeamSources(database, teamId),
    open: (row) => readSourceConfig(sealer, row),
    cache,
    clock,
    timers,
    onError,
  });
}
