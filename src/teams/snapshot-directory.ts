import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { type IdPrefix, isId, timeOfId } from '../ids/id.rules.ts';
import { inTime } from '../patience.ts';

/** Something of a team as the database holds it: plain JSON, its secrets sealed. */
type TeamRow = { id: string; teamId: string };

/** Where the last known rows are kept, for a start without the database. */
export type SnapshotCache<Row> = { read(): Promise<Row[] | null>; write(rows: readonly Row[]): Promise<void> };

/** Everything of one kind, of every team, as this node knows it. */
export type SnapshotDirectory<Config> = {
  /** Null: there is no such thing, as far as this node knows, or it cannot be read. */
  find(id: string): Config | null;
  /** Whether there is such a thing, even one whose configuration this release cannot read. */
  has(id: string): boolean;
  /** Whose it is, even if it cannot be read; null: there is no such thing, as far as this node knows. */
  teamOf(id: string): string | null;
  /** False until everything was read from the database once: then what is not found may be there nevertheless. */
  readonly known: boolean;
  /** Those that can be read. */
  all(): Iterable<Config>;
  /**
   * For an id that was made a moment ago and is not known here yet, since its notification is on its way: resolves when
   * everything has been read anew. Null: there is nothing to wait for.
   */
  awaitNew(id: string): Promise<void> | null;
  /** Tells of one that was known and is another now, or gone. */
  onChange(listener: (id: string) => void): void;
  /** A team's configuration may have changed. */
  teamChanged(teamId: string): void;
  /** Changes may have been missed. */
  mayHaveMissed(): void;
  /** Resolves when everything was read, or else what the cache has; the database is not waited for. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

/** Everything is read again this often, should a notification have been lost. */
const readAllEveryMs = 60_000;
/** How long after it was made a thing may be unheard of. */
const newForMs = 10_000;
const mostLooksPerSecond = 20;
const readAgainMs = 1_000;
const longestWaitMs = 15_000;
const startPatienceMs = 3_000;

/**
 * Every row of every team in memory, opened, so that a request costs no query for it and goes on while the database is
 * away.
 * @param options.open throws for a row that cannot be read: it is reported, and takes no other with it.
 */
export function createSnapshotDirectory<Row extends TeamRow, Config>(options: {
  idPrefix: IdPrefix;
  readAll: () => Promise<Row[]>;
  readTeam: (teamId: string) => Promise<Row[]>;
  open: (row: Row) => Config;
  cache?: SnapshotCache<Row>;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): SnapshotDirectory<Config> {
  const listeners: ((id: string) => void)[] = [];
  let rows = new Map<string, { row: Row; text: string; config: Config | null }>();
  let known = false;
  /** What is kept for a start without the database is not what is known here. */
  let isKept = false;
  let failures = 0;
  let timer: { cancel(): void } | null = null;
  let reading: Promise<void> | null = null;
  let wanted: Set<string> | 'all' | null = null;
  let stopped = false;
  let looks = { sinceMs: 0, count: 0 };
  /** The next look for what was just made, for all who ask before it begins. */
  let nextLook: Promise<void> | null = null;

  const take = (fresh: readonly Row[], ofTeam: string | null): void => {
    const before = rows;
    const next = new Map(ofTeam === null ? [] : [...before].filter(([, { row }]) => row.teamId !== ofTeam));
    for (const row of fresh) {
      const text = JSON.stringify(row);
      const earlier = before.get(row.id);
      next.set(row.id, earlier?.text === text ? earlier : { row, text, config: open(row) });
    }
    const changed = [...before].filter(([id, entry]) => next.get(id) !== entry).map(([id]) => id);
    if (changed.length > 0 || next.size !== before.size) isKept = false;
    rows = next;
    for (const id of changed) for (const listener of listeners) listener(id);
  };

  const open = (row: Row): Config | null => {
    try {
      return options.open(row);
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
        take(await options.readAll(), null);
        known = true;
      } else for (const teamId of what) take(await options.readTeam(teamId), teamId);
    } catch (error) {
      options.onError(error);
      want(what === 'all' ? 'all' : [...what]);
      isRead = false;
    }
    if (known && !isKept) await keep();
    return isRead;
  };

  const keep = async (): Promise<void> => {
    if (options.cache === undefined) return;
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

  const lookAnew = async (): Promise<void> => {
    await Promise.resolve();
    want('all');
    // What is being read may be older than what is asked for: its end begins the next.
    if (reading !== null) await reading;
    nextLook = null;
    if (!stopped) await (reading ?? run());
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
    find: (id) => rows.get(id)?.config ?? null,
    has: (id) => rows.has(id),
    teamOf: (id) => rows.get(id)?.row.teamId ?? null,
    get known() {
      return known;
    },
    *all() {
      for (const { config } of rows.values()) if (config !== null) yield config;
    },
    awaitNew(id) {
      if (!known || rows.has(id) || !isId(options.idPrefix, id)) return null;
      const nowMs = options.clock.now();
      const ageMs = nowMs - timeOfId(id);
      if (Math.abs(ageMs) > newForMs) return null;
      if (nextLook === null) {
        // Anybody can make up such ids.
        if (nowMs - looks.sinceMs > 1_000) looks = { sinceMs: nowMs, count: 0 };
        looks.count += 1;
        if (looks.count > mostLooksPerSecond) return null;
        nextLook = lookAnew();
      }
      return inTime(options.timers, nextLook, startPatienceMs).then(() => undefined);
    },
    onChange: (listener) => void listeners.push(listener),
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
      await inTime(options.timers, run(), startPatienceMs);
      if (known || options.cache === undefined) return;
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
