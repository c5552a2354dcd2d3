import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { readSourceConfig, type SourceRow } from './read-source-config.ts';
import type { SourceConfig } from './source-config.ts';
import { readAllSources, readTeamSources } from './source-snapshot.store.ts';

/** Where the last known sources are kept, for a start without the database. What is secret in them stays sealed. */
export type SourceCache = { read(): Promise<SourceRow[] | null>; write(rows: readonly SourceRow[]): Promise<void> };

export type SourceDirectory = {
  /** Null: there is no such source, as far as this node knows. */
  find(sourceId: string): SourceConfig | null;
  /** False until sources were read once, from the database or the cache: then nothing can be said about any. */
  readonly known: boolean;
  /** A team's configuration may have changed. */
  teamChanged(teamId: string): void;
  /** Changes may have been missed. */
  mayHaveMissed(): void;
  /** Resolves when sources are known or cannot be known yet. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Everything is read again this often, should a notification have been lost. */
const readAllEveryMs = 60_000;
const readAgainMs = 1_000;

/**
 * Every source of every team in memory, so that a request costs no query and sources go on taking requests while the
 * database is away.
 */
export function createSourceDirectory(options: {
  database: pg.Pool;
  sealer: Sealer;
  clock: Clock;
  timers: Timers;
  cache: SourceCache;
  onError: (error: unknown) => void;
}): SourceDirectory {
  const { database } = options;
  let rows = new Map<string, { row: SourceRow; text: string; config: SourceConfig | null }>();
  let known = false;
  let timer: { cancel(): void } | null = null;
  let reading: Promise<void> | null = null;
  let wanted: Set<string> | 'all' | null = null;
  let stopped = false;

  const take = (fresh: readonly SourceRow[], ofTeam: string | null): boolean => {
    const next = new Map(ofTeam === null ? [] : [...rows].filter(([, { row }]) => row.teamId !== ofTeam));
    for (const row of fresh) {
      const text = JSON.stringify(row);
      const earlier = rows.get(row.id);
      next.set(row.id, earlier?.text === text ? earlier : { row, text, config: open(row) });
    }
    const changed = next.size !== rows.size || [...next].some(([id, entry]) => rows.get(id) !== entry);
    rows = next;
    known = true;
    return changed;
  };

  const open = (row: SourceRow): SourceConfig | null => {
    try {
      return readSourceConfig(options.sealer, row);
    } catch (error) {
      options.onError(error);
      return null;
    }
  };

  const read = async (): Promise<void> => {
    const what = wanted;
    wanted = null;
    if (what === null) return;
    try {
      let changed = false;
      if (what === 'all') changed = take(await readAllSources(database), null);
      else for (const teamId of what) changed = take(await readTeamSources(database, teamId), teamId) || changed;
      if (changed) await options.cache.write([...rows.values()].map(({ row }) => row)).catch(options.onError);
    } catch (error) {
      options.onError(error);
      want(what === 'all' ? 'all' : [...what]);
      later(readAgainMs);
    }
  };

  const want = (what: 'all' | readonly string[]): void => {
    if (what === 'all') wanted = 'all';
    else if (wanted !== 'all') wanted = new Set([...(wanted ?? []), ...what]);
  };

  const run = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = null;
      if (wanted === null) later(readAllEveryMs);
      else if (timer === null && !stopped) void run();
    });
    return reading;
  };

  const later = (delayMs: number): void => {
    timer?.cancel();
    timer = null;
    if (stopped) return;
    timer = options.timers.after(delayMs, () => {
      timer = null;
      if (delayMs === readAllEveryMs) want('all');
      void run();
    });
  };

  return {
    find: (sourceId) => rows.get(sourceId)?.config ?? null,
    get known() {
      return known;
    },
    teamChanged(teamId) {
      want([teamId]);
      if (timer !== null || reading === null) void run();
    },
    mayHaveMissed() {
      want('all');
      void run();
    },
    async start() {
      want('all');
      await run();
      if (known) return;
      const cached = await options.cache.read().catch((error: unknown) => {
        options.onError(error);
        return null;
      });
      // The database may have answered meanwhile.
      if (cached !== null && !known) take(cached, null);
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await reading;
    },
  };
}
