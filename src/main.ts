import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { createAlignedClock } from './clock.ts';
import type { Config } from './config.ts';
import { awaitDatabase } from './database/await-database.ts';
import { checkDurabilitySettings } from './database/durability-settings.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './database/embedded/start-embedded-postgres.ts';
import { migrate } from './database/migrate.ts';
import { createPool } from './database/pool.ts';
import { createCrashPoints } from './delivery/crash-points.ts';
import type { Timers } from './delivery/delivery-ports.ts';
import { DeliveryEngine } from './delivery/engine.ts';
import { createHttpTransport } from './delivery/http-transport.ts';
import { createPostgresDeliveryStore } from './delivery/postgres-delivery.store.ts';
import { prepareRequests } from './delivery/request-preparation.ts';
import { createEgress, type Egress } from './egress/create-egress.ts';
import { createEndpointHealth } from './endpoints/endpoint-health.ts';
import { createPostgresAcceptStore } from './events/accept.store.ts';
import { createEventAcceptor } from './events/event-acceptor.ts';
import { createEventIntake } from './events/event-intake.ts';
import { eventIntakeRoutes } from './events/event-intake.routes.ts';
import { createAuthentication } from './http/authentication.ts';
import { createHttpServer } from './http/server.ts';
import { createIdSource } from './ids/id-source.ts';
import { healthRoutes } from './operations/health.routes.ts';
import { loadOrCreateOperatorKey } from './operations/operator-key.ts';
import { createOutboxEmitter } from './operations/outbox-emitter.ts';
import { createReplayWorker } from './replays/replay-worker.ts';
import { loadOrCreateMasterKeyFile } from './sealing/master-key.ts';
import { createSealer, type Sealer } from './sealing/sealer.ts';
import { createApiKeyDirectory } from './teams/api-key-directory.ts';
import { createTeamDirectory } from './teams/team-directory.ts';
import { createLog, describeError, type Log } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';

/** A running Posthorn. `operatorKey` only when it was made by this start: it may be shown this once. */
export type Running = { url: string; operatorKey: string | null; stop(): Promise<void> };

const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
const monotonicMs = () => performance.now();

/**
 * Starts a node: keys, database, engine, API. Resolves when it listens and holds its lease.
 * @throws what stands in the way, with its remedy in the message; everything that was started is stopped again.
 */
export async function start(config: Config): Promise<Running> {
  const log = createLog({ level: config.logLevel });
  const cleanUps: (() => Promise<unknown>)[] = [];
  try {
    return await assemble(config, log, cleanUps);
  } catch (error) {
    for (const cleanUp of cleanUps.reverse()) await cleanUp().catch(() => undefined);
    throw error;
  }
}

async function assemble(config: Config, log: Log, cleanUps: (() => Promise<unknown>)[]): Promise<Running> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  await mkdir(config.dataFolder, { recursive: true });
  const reportError = (where: string, error: unknown): void =>
    log.warn({ where, error: describeError(error) }, 'something failed and is tried again');

  const { embedded, connection, durabilityWarnings } = await openDatabase(config, log, cleanUps);
  const pools = createPools(config, connection, (error) => reportError('database', error));
  cleanUps.push(pools.end);
  const operator =
    config.operatorKey === null ? await loadOrCreateOperatorKey(config.dataFolder) : { key: config.operatorKey, created: false };
  const sealer = await openSealer(config);

  const { watched, leaseSeconds } = readRehearsal(config);
  const clock = createAlignedClock(monotonicMs, Date.now);
  const ids = createIdSource(clock);
  const apiKeys = createApiKeyDirectory({ database: pools.general, clock });
  const directory = createTeamDirectory({
    database: pools.general,
    connection,
    sealer,
    clock,
    onError: (error) => reportError('configuration', error),
  });
  const egress = openEgress(config, version);
  cleanUps.push(() => egress.close());

  const tell = (): void => outbox.wake();
  const health = createEndpointHealth({
    database: pools.general,
    now: () => clock.now(),
    onDisabled: ({ teamId, id }) => {
      log.warn({ teamId, endpointId: id }, 'endpoint was disabled; what it was to receive is held');
      void refreshTeam(teamId);
    },
    onTold: tell,
    onError: (error) => reportError('endpoint health', error),
  });
  const engine = new DeliveryEngine({
    store: watched(createPostgresDeliveryStore(pools.delivery)),
    transport: createHttpTransport(egress),
    clock,
    monotonicMs,
    timers,
    ids,
    random: Math.random,
    nodeName: `${hostname()}:${process.pid}`,
    exclusive: embedded !== null,
    ...(leaseSeconds === null ? {} : { leaseSeconds }),
    endpoint: (teamId, endpointId) => directory.endpoint(teamId, endpointId),
    prepareFor: prepareRequests,
    alignClock: (databaseNowMs, halfRoundTripMs) => clock.align(databaseNowMs, halfRoundTripMs),
    events: {
      onAttempt(settlement, endpoint) {
        const { outcome, error, timing, item } = settlement;
        metrics.attempt({ outcome, error, totalMs: timing.totalMs });
        health.attempted(endpoint, outcome === 'succeeded');
        if (outcome === 'dead') tell();
        if (outcome !== 'succeeded') {
          const { teamId, deliveryId, endpointId, attempts } = item;
          const { status, delayMs } = settlement;
          log.info({ teamId, endpointId, deliveryId, attempt: attempts + 1, outcome, status, error, delayMs }, 'attempt failed');
        }
      },
      onGone: health.gone,
      onBreakerOpened(endpoint) {
        metrics.breakerOpened();
        health.breakerOpened(endpoint);
        log.warn({ teamId: endpoint.teamId, endpointId: endpoint.id }, 'breaker opened; deliveries wait');
      },
      onTakenOver(deliveries) {
        metrics.takenOver(deliveries);
        if (deliveries > 0) log.warn({ deliveries }, 'took over what a dead node left behind');
      },
      onFenced(count) {
        metrics.fenced(count);
        log.warn({ count }, 'attempts ended after their deliveries had been taken over');
      },
      onError: reportError,
    },
  });

  const refreshTeam = async (teamId: string): Promise<void> => {
    try {
      const team = await directory.refresh(teamId);
      engine.teamChanged(teamId, team?.endpoints ?? new Map());
    } catch (error) {
      reportError('configuration', error);
    }
  };
  directory.onChange((teamId) => {
    apiKeys.forgetTeam(teamId);
    void refreshTeam(teamId);
  });
  directory.onGap(() => apiKeys.forgetAll());

  const acceptor = createEventAcceptor({
    store: watched(createPostgresAcceptStore(pools.accept)),
    admission: engine,
    ids,
    clock,
    subscriptions: (teamId) => directory.get(teamId),
    refresh: async (teamIds) => {
      await Promise.all(teamIds.map((teamId) => directory.refresh(teamId)));
    },
    alignClock: (databaseNowMs) => clock.align(databaseNowMs, 0),
    makePartitions: async () => {
      await pools.general.query('SELECT make_day_partitions(7)');
    },
    onError: (error) => reportError('accept', error),
  });
  const intake = createEventIntake({
    acceptor,
    clock,
    team: (teamId) => directory.get(teamId),
    refresh: (teamId) => directory.refresh(teamId),
  });

  const outbox = createOutboxEmitter({
    database: pools.general,
    accept: (draft) => acceptor.accept(draft),
    timers,
    onError: (error) => reportError('operational events', error),
  });
  const replays = createReplayWorker({
    database: pools.general,
    onQueued: () => engine.queued(),
    onTold: tell,
    timers,
    onError: (error) => reportError('replays', error),
  });

  const metrics = createMetrics({
    engine: () => engine.state(),
    pendingAccepts: () => acceptor.pending,
    queue: () => measureQueue(pools.general).catch(() => null),
  });

  let stopping = false;
  const server = await createHttpServer({
    authentication: createAuthentication({
      operatorKey: operator.key,
      apiKeys,
      clock,
      requestsPerSecond: config.requestsPerSecond,
    }),
    log,
    version,
    isStopping: () => stopping,
  });
  await server.register(eventIntakeRoutes({ intake }));
  await server.register(
    healthRoutes({
      readiness: {
        database: pools.general,
        dataFolder: embedded === null ? null : config.dataFolder,
        engine: () => engine.state(),
        stopping: () => stopping,
        durabilityWarnings: () => durabilityWarnings,
      },
      metrics: metrics.registry,
    }),
  );

  directory.start();
  engine.start();
  outbox.start();
  replays.start();
  cleanUps.push(async () => {
    await Promise.all([outbox.stop(), replays.stop()]);
    await engine.stop(config.shutdownSeconds * 1000);
    await directory.stop();
  });
  await awaitLease(engine);
  const url = await listen(server, config);
  cleanUps.push(() => server.close());
  log.info({ version, url, environment: config.environment, embedded: embedded !== null }, 'Posthorn listens');

  return {
    url,
    operatorKey: operator.created ? operator.key : null,
    async stop() {
      stopping = true;
      log.info({}, 'stopping');
      // Last started, first stopped: the API, then the engine, then the pools, then the database.
      for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp().catch((error: unknown) => reportError('stop', error));
      log.info({}, 'stopped');
    },
  };
}

async function openDatabase(config: Config, log: Log, cleanUps: (() => Promise<unknown>)[]) {
  let embedded: EmbeddedPostgres | null = null;
  let connection: pg.ClientConfig = { connectionString: config.databaseUrl ?? undefined };
  if (config.databaseUrl === null) {
    embedded = await startEmbeddedPostgres({ dataFolder: config.dataFolder, log });
    cleanUps.push(embedded.stop);
    connection = embedded.connection;
  }
  await awaitDatabase(connection, {
    patienceMs: 60_000,
    onWaiting: (error) => log.warn({ error: describeError(error) }, 'waiting for the database'),
  });
  const applied = await migrate(connection);
  if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
  const pool = createPool({ ...connection, max: 1 }, () => undefined);
  const durabilityWarnings = await checkDurabilitySettings((sql) => pool.query(sql));
  await pool.query('SELECT make_day_partitions(7)');
  await pool.end();
  for (const warning of durabilityWarnings) log.warn({ durability: 'weakened' }, warning);
  return { embedded, connection, durabilityWarnings };
}

// Apart from each other, so that a slow list cannot keep an accept or a settle waiting for a connection.
function createPools(config: Config, connection: pg.ClientConfig, onError: (error: Error) => void) {
  const pools = {
    accept: createPool({ ...connection, max: 2, statement_timeout: 10_000, query_timeout: 12_000 }, onError),
    delivery: createPool({ ...connection, max: 6, statement_timeout: 30_000, query_timeout: 32_000 }, onError),
    general: createPool({ ...connection, max: config.databaseConnections }, onError),
  };
  return {
    ...pools,
    end: () => Promise.all([pools.accept.end(), pools.delivery.end(), pools.general.end()]),
  };
}

/** What the crash and takeover tests set, in development only: without it the ports are handed on as they are. */
function readRehearsal(config: Config): { watched: <Port extends object>(port: Port) => Port; leaseSeconds: number | null } {
  const isDevelopment = config.environment === 'development';
  const point = isDevelopment ? process.env['POSTHORN_CRASH_POINT'] : undefined;
  const seconds = isDevelopment ? process.env['POSTHORN_TEST_LEASE_SECONDS'] : undefined;
  const leaseSeconds = seconds === undefined ? null : Number(seconds);
  if (point === undefined) return { watched: (port) => port, leaseSeconds };
  const points = createCrashPoints(point, {
    arm: (whenArmed) => process.once('SIGUSR2', whenArmed),
    die: () => process.kill(process.pid, 'SIGKILL'),
  });
  return { watched: points.around, leaseSeconds };
}

async function openSealer(config: Config): Promise<Sealer> {
  if (config.masterKeys.length > 0) return createSealer({ masterKeys: config.masterKeys });
  const file = await loadOrCreateMasterKeyFile(join(config.dataFolder, 'master-key'));
  if (!file.ok) throw new Error(file.problem);
  return createSealer({ masterKeys: [file.key] });
}

function openEgress(config: Config, version: string): Egress {
  return createEgress({
    addressPolicy: { allowLoopback: config.environment === 'development', allowedNetworks: config.allowNetworks },
    requireHttps: config.environment === 'production',
    ...(config.proxy === null ? {} : { proxy: config.proxy }),
    ...(config.caPem === null ? {} : { caPem: config.caPem }),
    timeouts: { dnsMs: 5_000, connectMs: 10_000, firstByteMs: 300_000 },
    maxResponseBytes: 64 * 1024,
    userAgent: `Posthorn/${version}`,
  });
}

async function measureQueue(database: pg.Pool): Promise<{ waiting: number; overdueSeconds: number }> {
  // The planner's estimate: an exact count would read the whole queue at every scrape.
  const { rows } = await database.query<{ waiting: number; overdue: number | null }>(
    `SELECT (SELECT greatest(reltuples, 0)::double precision FROM pg_class WHERE oid = 'delivery_queue'::regclass) AS waiting,
       (SELECT max(greatest(0, -due_in_ms)) / 1000 FROM waiting_endpoints()) AS overdue`,
  );
  return { waiting: rows[0]?.waiting ?? 0, overdueSeconds: rows[0]?.overdue ?? 0 };
}

async function awaitLease(engine: DeliveryEngine): Promise<void> {
  for (let tries = 0; engine.epoch() === null && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function listen(server: FastifyInstance, config: Config): Promise<string> {
  try {
    return await server.listen({ port: config.port, host: config.host });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`port ${config.port} of ${config.host} is taken; stop what listens there or set PORT`, { cause: error });
    }
    throw error;
  }
}
