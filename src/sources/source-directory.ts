import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { idPrefixes, isId, timeOfId } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { readSourceConfig, type SourceRow } from './read-source-config.ts';
import type { SourceConfig } from './source-config.ts';
import { readAllSources, readTeamSources } from './source-snapshot.store.ts';

/** Where the last known sources are kept, for a start without the database. What is secret in them stays sealed. */
export type SourceCache = { read(): Promise<SourceRow[] | null>; write(rows: readonly SourceRow[]): Promise<void> };

export type SourceDirectory = {
  /** Null: there is no such source, as far as this node knows, or it cannot be read. */
  find(sourceId: string): SourceConfig | null;
  /** Whether there is such a source, even one whose configuration this release cannot read. */
  has(sourceId: string): boolean;
  /** False until sources were read from the database once: then what is not found may be there nevertheless. */
  readonly known: boolean;
  /**
   * For an id that was made a moment ago and is not known here yet, since its notification is on its way: resolves when
   * sources have been read anew. Null: there is nothing to wait for.
   */
  awaitNew(sourceId: string): Promise<void> | null;
  /** A team's configuration may have changed. */
  teamChanged(teamId: string): void;
  /** Changes may have been missed. */
  mayHaveMissed(): void;
  /** Resolves when sources were read, or else those of the last time; the database is not waited for. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Everything is read again this often, should a notification have been lost. */
const readAllEveryMs = 60_000;
/** How long after it was made a source may be unheard of. */
const newForMs = 10_000;
const mostLooksPerSecond = 20;
const readAgainMs = 1_000;
const longestWaitMs = 15_000;
const startPatienceMs = 3_000;

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
  /** What is kept for a start without the database is not what is known here. */
  let isKept = false;
  let failures = 0;
  let timer: { cancel(): void } | null = null;
  let reading: Promise<void> | null = null;
  let wanted: Set<string> | 'all' | null = null;
  let stopped = false;
  let looks = { sinceMs: 0, count: 0 };

  const take = (fresh: readonly SourceRow[], ofTeam: string | null): void => {
    const next = new Map(ofTeam === null ? [] : [...rows].filter(([, { row }]) => row.teamId !== ofTeam));
    for (const row of fresh) {
      const text = JSON.stringify(row);
      const earlier = rows.get(row.id);
      next.set(row.id, earlier?.text === text ? earlier : { row, text, config: open(row) });
    }
    if (next.size !== rows.size || [...next].some(([id, entry]) => rows.get(id) !== entry)) isKept = false;
    rows = next;
  };

  const open = (row: SourceRow): SourceConfig | null => {
    try {
      return readSourceConfig(options.sealer, row);
    } catch (error) {
      options.onError(error);
      return null;
    }
  };

  /** @returns false when it has to be tried again. */
  const read = async (): Promise<boolean> => {
    const what = wanted;
    wanted = null;
    if (what === null) return true;
    let isRead = true;
    try {
      if (what === 'all') {
        take(await readAllSources(database), null);
        known = true;
      } else for (const teamId of what) take(await readTeamSources(database, teamId), teamId);
    } catch (error) {
      options.onError(error);
      want(what === 'all' ? 'all' : [...what]);
      isRead = false;
    }
    if (known && !isKept) await keep();
    return isRead;
  };

  const keep = async (): Promise<void> => {
    try {
      await options.cache.write([...rows.values()].map(({ row }) => row));
      isKept = true;
    } catch (error) {
      options.onError(error);
    }
  };

  const want = (what: 'all' | readonly string[]): void => {
    if (what === 'all') wanted = 'all';
    else if (wanted !== 'all') wanted = new Set([...(wanted ?? []), ...what]);
  };

  /** Reads what is wanted now; what comes to be wanted meanwhile is read right after. */
  const run = (): Promise<void> => {
    reading ??= read().then((isRead) => {
      reading = null;
      failures = isRead ? 0 : failures + 1;
      if (!isRead) later(Math.min(longestWaitMs, readAgainMs * 2 ** (failures - 1)));
      else if (wanted === null) later(readAllEveryMs);
      else if (!stopped) void run();
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

  /** Resolves when it is over, or when that takes too long. */
  const inPatience = async (work: Promise<void>): Promise<void> => {
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const patience = options.timers.after(startPatienceMs, resolve);
    await Promise.race([work, isLate]);
    patience.cancel();
  };

  return {
    find: (sourceId) => rows.get(sourceId)?.config ?? null,
    has: (sourceId) => rows.has(sourceId),
    get known() {
      return known;
    },
    awaitNew(sourceId) {
      if (!known || rows.has(sourceId) || !isId(idPrefixes.source, sourceId)) return null;
      const nowMs = options.clock.now();
      const ageMs = nowMs - timeOfId(sourceId);
      if (Math.abs(ageMs) > newForMs) return null;
      // Anybody can make up such ids.
      if (nowMs - looks.sinceMs > 1_000) looks = { sinceMs: nowMs, count: 0 };
      looks.count += 1;
      if (looks.count > mostLooksPerSecond) return null;
      want('all');
      return inPatience(run().then(() => (wanted === null ? undefined : run())));
    },
    teamChanged(teamId) {
      want([teamId]);
      void run();
    },
    mayHaveMissed() {
      want('all');
      void run();
    },
    async start() {
      want('all');
      await inPatience(run());
      if (known) return;
      const cached = await options.cache.read().catch((error: unknown) => {
        options.onError(error);
        return null;
      });
      // The database may have answered meanwhile.
      if (cached === null || known) return;
      take(cached, null);
      isKept = true;
    },
    async stop() {
      stopped = true;
      timer?.cancel();
      await reading;
    },
  };
}
