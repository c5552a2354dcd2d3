import type pg from 'pg';
import type { Clock } from '../clock.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import { createSchemaCache } from '../event-types/schema-cache.ts';
import { idFromUuid, uuidFromId } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { createConfigListener } from './config-listener.ts';
import { buildTeamSnapshot, type MadeEndpoints, type TeamSnapshot } from './team-snapshot.ts';
import { readTeamRows, readTeamVersions } from './team-snapshot.store.ts';

export type TeamDirectory = {
  /** At once when it is known and fresh. Null: there is no such team. Rejects when the database is out of reach. */
  get(teamId: string): TeamSnapshot | Promise<TeamSnapshot | null>;
  /** Reads again, by a query that starts after this call. */
  refresh(teamId: string): Promise<TeamSnapshot | null>;
  endpoint(teamId: string, endpointId: string): Promise<EndpointConfig | null>;
  /** Tells of a team whose configuration may have changed; what is known of it is fresh by then. */
  onChange(listener: (teamId: string) => void): void;
  /** Tells that changes to any team may have been missed. */
  onGap(listener: () => void): void;
  start(): void;
  stop(): Promise<void>;
  /** Whether changes are heard of at once, or only by asking now and then. */
  readonly listening: boolean;
};

type Entry = {
  snapshot: TeamSnapshot | null;
  made: MadeEndpoints;
  /** When the database last confirmed the snapshot; minus infinity when a hint put it in doubt. */
  checkedAtMs: number;
  usedAtMs: number;
  /** Raised by each hint: a read that started before one does not make the snapshot fresh. */
  doubts: number;
  reading: Promise<TeamSnapshot | null> | null;
  queued: Promise<TeamSnapshot | null> | null;
};

/**
 * Every team's configuration as this node knows it. Notifications and a periodic look at the versions of the teams in
 * use keep it fresh; neither is trusted for correctness, since accepting an event compares the version in its commit.
 */
export function createTeamDirectory(options: {
  database: pg.Pool;
  /** For the one connection that listens. */
  connection: pg.ClientConfig;
  sealer: Sealer;
  clock: Clock;
  onError: (error: unknown) => void;
  validateEveryMs?: number;
  mostTeams?: number;
}): TeamDirectory {
  const { database, sealer, clock } = options;
  const validateEveryMs = options.validateEveryMs ?? 15_000;
  const mostTeams = options.mostTeams ?? 2_000;
  const schemas = createSchemaCache();
  const entries = new Map<string, Entry>();
  const changeListeners: ((teamId: string) => void)[] = [];
  const gapListeners: (() => void)[] = [];
  let timer: NodeJS.Timeout | null = null;
  let validation: Promise<void> = Promise.resolve();

  const tell = (teamId: string): void => {
    for (const listener of changeListeners) listener(teamId);
  };

  const entryOf = (teamId: string): Entry => {
    const known = entries.get(teamId);
    if (known !== undefined) return known;
    if (entries.size >= mostTeams) dropLeastUsed(entries);
    const entry: Entry = {
      snapshot: null,
      made: new Map(),
      checkedAtMs: Number.NEGATIVE_INFINITY,
      usedAtMs: clock.now(),
      doubts: 0,
      reading: null,
      queued: null,
    };
    entries.set(teamId, entry);
    return entry;
  };

  const read = async (teamId: string, entry: Entry): Promise<TeamSnapshot | null> => {
    const startedAtMs = clock.now();
    const doubtsBefore = entry.doubts;
    const rows = await readTeamRows(database, teamId);
    if (rows === null) {
      if (entries.get(teamId) === entry) entries.delete(teamId);
      return null;
    }
    const built = buildTeamSnapshot({ teamId, rows, sealer, schemas, made: entry.made });
    if (entry.snapshot === null || built.snapshot.version >= entry.snapshot.version) {
      entry.snapshot = built.snapshot;
      entry.made = built.made;
    }
    entry.checkedAtMs = entry.doubts === doubtsBefore ? startedAtMs : Number.NEGATIVE_INFINITY;
    return entry.snapshot;
  };

  const startReading = (teamId: string, entry: Entry): Promise<TeamSnapshot | null> => {
    const reading = read(teamId, entry).finally(() => {
      if (entry.reading === reading) entry.reading = null;
    });
    entry.reading = reading;
    return reading;
  };

  const refresh = (teamId: string): Promise<TeamSnapshot | null> => {
    const entry = entryOf(teamId);
    if (entry.reading === null) return startReading(teamId, entry);
    entry.queued ??= entry.reading
      .catch(() => null)
      .then(() => {
        entry.queued = null;
        return entry.reading ?? startReading(teamId, entry);
      });
    return entry.queued;
  };

  const doubt = (teamId: string, entry: Entry): void => {
    entry.doubts += 1;
    entry.checkedAtMs = Number.NEGATIVE_INFINITY;
    refresh(teamId).then(
      () => tell(teamId),
      (error: unknown) => {
        options.onError(error);
        tell(teamId);
      },
    );
  };

  /** One query for all the teams that were used since the last look; none when there was none. */
  const validate = async (): Promise<void> => {
    const startedAtMs = clock.now();
    const used = [...entries].filter(
      ([, { snapshot, usedAtMs }]) => snapshot !== null && startedAtMs - usedAtMs < 2 * validateEveryMs,
    );
    if (used.length === 0) return;
    const versions = await readTeamVersions(
      database,
      used.map(([teamId]) => uuidFromId(teamId)),
    );
    for (const [teamId, entry] of used) {
      if (versions.get(uuidFromId(teamId)) !== entry.snapshot?.version) doubt(teamId, entry);
      else if (entry.checkedAtMs > Number.NEGATIVE_INFINITY)
        entry.checkedAtMs = Math.max(entry.checkedAtMs, startedAtMs);
    }
  };

  const validateSafely = (): void => {
    validation = validate().catch(options.onError);
  };

  const listener = createConfigListener({
    connection: options.connection,
    onError: options.onError,
    onChange(teamUuid) {
      const teamId = idFromUuid('team', teamUuid);
      const entry = entries.get(teamId);
      if (entry === undefined) tell(teamId);
      else doubt(teamId, entry);
    },
    onGap() {
      validateSafely();
      for (const tellGap of gapListeners) tellGap();
    },
  });

  const get = (teamId: string): TeamSnapshot | Promise<TeamSnapshot | null> => {
    const entry = entries.get(teamId);
    if (entry === undefined) return refresh(teamId);
    const nowMs = clock.now();
    entry.usedAtMs = nowMs;
    const { snapshot } = entry;
    const fresh = nowMs - entry.checkedAtMs < 2 * validateEveryMs;
    if (snapshot !== null && fresh && (snapshot.validUntilMs === null || nowMs < snapshot.validUntilMs))
      return snapshot;
    return entry.queued ?? entry.reading ?? startReading(teamId, entry);
  };

  return {
    get,
    refresh,
    async endpoint(teamId, endpointId) {
      const snapshot = await get(teamId);
      return snapshot?.endpoints.get(endpointId) ?? null;
    },
    onChange: (changed) => void changeListeners.push(changed),
    onGap: (missed) => void gapListeners.push(missed),
    get listening() {
      return listener.connected;
    },
    start() {
      listener.start();
      timer ??= setInterval(validateSafely, validateEveryMs).unref();
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await listener.stop();
      await validation;
      await Promise.allSettled([...entries.values()].flatMap((entry) => entry.queued ?? entry.reading ?? []));
    },
  };
}

function dropLeastUsed(entries: Map<string, Entry>): void {
  let least: string | undefined;
  let leastAtMs = Number.POSITIVE_INFINITY;
  for (const [teamId, { usedAtMs }] of entries) {
    if (usedAtMs < leastAtMs) [least, leastAtMs] = [teamId, usedAtMs];
  }
  if (least !== undefined) entries.delete(least);
}
