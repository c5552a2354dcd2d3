import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createArchive } from './archive/create-archive.ts';
import { createBodyLinks } from './blobs/body-links.ts';
import { openBlobStore } from './blobs/open-blob-store.ts';
import { openCalling } from './calling/open-calling.ts';
import { createAlignedClock } from './clock.ts';
import type { Config } from './config.ts';
import { createPools, openDatabase } from './database/open-database.ts';
import { awaitLease } from './delivery/await-lease.ts';
import { DeliveryEngine } from './delivery/engine.ts';
import { createLargeBodies } from './delivery/large-bodies.ts';
import { measureQueue } from './delivery/measure-queue.ts';
import { createRehearsal } from './delivery/rehearsal.ts';
import { createHttpTransport } from './delivery/http-transport.ts';
import { createPostgresDeliveryStore } from './delivery/postgres-delivery.store.ts';
import { prepareRequests } from './delivery/request-preparation.ts';
import { openEgress, targetUrlPolicyOf } from './egress/reach.ts';
import { createFeedWaitingRoom } from './feed/feed-waiting-room.ts';
import { makeDataFolder } from './operations/data-folder.ts';
import { createEngineEvents } from './operations/engine-events.ts';
import { createEndpointHealth } from './endpoints/endpoint-health.ts';
import { createPostgresAcceptStore } from './events/accept.store.ts';
import { createEventAcceptor } from './events/event-acceptor.ts';
import { createEventIntake } from './events/event-intake.ts';
import { openAccess } from './http/open-access.ts';
import { listen } from './http/listen.ts';
import { createHttpServer } from './http/server.ts';
import { createIdSource } from './ids/id-source.ts';
import { openBackground } from './operations/open-background.ts';
import { loadOrCreateOperatorKey } from './operations/operator-key.ts';
import { createListeners } from './listening/listeners.ts';
import { openProving } from './open-proving.ts';
import { openReceiving, sourceCachePath } from './receiving/open-receiving.ts';
import { registerRoutes } from './register-routes.ts';
import { openMasterKeys } from './sealing/master-key.ts';
import { createSealer } from './sealing/sealer.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';
import { createApiKeyDirectory } from './teams/api-key-directory.ts';
import { createTeamDirectory } from './teams/team-directory.ts';
import { systemTimers } from './delivery/system-timers.ts';
import { createLog, type Log } from './telemetry/log.ts';
import { createErrorReports } from './telemetry/error-reports.ts';
import { createMetrics } from './telemetry/metrics.ts';

/**
 * A running Posthorn. `operatorKey` only when it was made by this start: it may be shown this once. `stop` answers
 * false when something did not end in time: only the end of the process ends it.
 */
export type Running = { url: string; operatorKey: string | null; stop(): Promise<boolean> };

const timers = systemTimers;
const monotonicMs = () => performance.now();

/**
 * Starts a node: keys, database, engine, API. Resolves when it listens and holds its lease.
 * @throws what stands in the way, with its remedy in the message; everything that was started is stopped again.
 */
export async function start(config: Config): Promise<Running> {
  const log = createLog({ level: config.logLevel });
  const shutdown = createShutdown({ ...config, timers, monotonicMs, log });
  try {
    return await assemble(config, log, shutdown);
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

async function assemble(config: Config, log: Log, shutdown: Shutdown): Promise<Running> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  await makeDataFolder(config.dataFolder);
  const reportError = createErrorReports(log, monotonicMs);

  const database = await openDatabase({
    ...config,
    // Sources that were known before go on receiving, into the spool.
    mayStartWithout: existsSync(sourceCachePath(config.dataFolder)),
    log,
  });
  const { embedded, connection, durabilityWarnings } = database;
  shutdown.add('the database', () => database.stop());
  const pools = createPools({ ...config, connection, onError: (error) => reportError('database', error) });
  shutdown.add('connections to the database', pools.end);
  const operator =
    config.operatorKey === null
      ? await loadOrCreateOperatorKey(config.dataFolder)
      : { key: config.operatorKey, created: false };
  const masterKeys = await openMasterKeys(config.masterKeys, join(config.dataFolder, 'master-key'));
  const sealer = createSealer({ masterKeys });
  let url = '';
  const publicUrl = (): string => config.publicUrl ?? url;

  // For the crash and fault tests, in development only.
  const rehearsal = createRehearsal(
    config.environment === 'development'
      ? {
          crashPoint: process.env['POSTHORN_CRASH_POINT'],
          leaseSeconds: process.env['POSTHORN_TEST_LEASE_SECONDS'],
          clockAheadSeconds: process.env['POSTHORN_TEST_CLOCK_AHEAD_SECONDS'],
        }
      : null,
  );
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
  const parts = { database: pools.general, clock, ids, sealer, timers, log, onError: reportError };
  const links = createBodyLinks({ masterKeys, publicUrl, clock });
  const blobs = openBlobStore(config.blobs, config.dataFolder, {
    caPem: config.caPem,
    onError: (error) => reportError('blobs', error),
  });
  shutdown.add('the blob store', () => blobs.close());
  const egress = openEgress(config, version);
  shutdown.add('connections to endpoints and providers', () => egress.close());

  const tell = (): void => outbox.wake();
  const health = createEndpointHealth({
    database: pools.general,
    now: () => clock.now(),
    onDisabled: ({ teamId, id }) => {
      log.warn({ teamId, endpointId: id }, 'endpoint was disabled; what it was to receive is held');
      void followTeam(directory.refresh(teamId), teamId);
    },
    onTold: tell,
    onError: (error) => reportError('endpoint health', error),
  });
  const engine = new DeliveryEngine({
    store: rehearsal.watched(createPostgresDeliveryStore(pools.delivery)),
    transport: createHttpTransport(egress),
    clock,
    monotonicMs,
    timers,
    ids,
    random: Math.random,
    nodeName: `${hostname()}:${process.pid}`,
    exclusive: embedded,
    ...(rehearsal.leaseSeconds === null ? {} : { leaseSeconds: rehearsal.leaseSeconds }),
    endpoint: (teamId, endpointId) => directory.endpoint(teamId, endpointId),
    prepareFor: (endpoint) => prepareRequests(endpoint, links.urlOf),
    bodies: createLargeBodies({ blobs, timers, onError: (error) => reportError('large bodies', error) }),
    alignClock: (databaseNowMs, halfRoundTripMs) => clock.align(databaseNowMs, halfRoundTripMs),
    events: createEngineEvents({
      metrics: () => metrics,
      health,
      log,
      onNodeLost: () => maintenance.wake(),
      onTold: tell,
      onError: reportError,
    }),
  });

  const followTeam = async (found: ReturnType<typeof directory.get>, teamId: string): Promise<void> => {
    try {
      const team = await found;
      engine.teamChanged(teamId, team?.endpoints ?? new Map());
    } catch (error) {
      reportError('configuration', error);
    }
  };
  directory.onChange((teamId) => {
    receiving.teamChanged(teamId);
    calls.teamChanged(teamId);
    apiKeys.forgetTeam(teamId);
    void followTeam(directory.get(teamId), teamId);
  });
  directory.onGap(() => {
    receiving.mayHaveMissed();
    calls.mayHaveMissed();
    apiKeys.forgetAll();
  });

  const listeners = createListeners();
  const acceptor = createEventAcceptor({
    store: rehearsal.watched(createPostgresAcceptStore(pools.accept)),
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
    onAccepted: (duplicate) => metrics.eventAccepted(duplicate),
    onNew(event) {
      listeners.publish(event);
      if (event.draft.origin !== null) archive.eventArrived();
    },
    onError: (error) => reportError('accept', error),
  });
  const intake = createEventIntake({
    acceptor,
    clock,
    team: (teamId) => directory.get(teamId),
    refresh: (teamId) => directory.refresh(teamId),
  });

  const receiving = await openReceiving({
    database: pools.general,
    sealer,
    clock,
    timers,
    blobs,
    dataFolder: config.dataFolder,
    spoolMaxBytes: config.spoolMaxBytes,
    accept: (draft) => acceptor.accept(draft),
    acceptAll: (drafts) => acceptor.acceptAll(drafts),
    onReceived: (provider, outcome) => metrics.received(provider, outcome),
    onRejected({ quiet, ...rejection }) {
      metrics.rejected(rejection.reason);
      if (!quiet) log.info(rejection, 'a request to a source was refused');
    },
    onSpooled: () => metrics.spooled(),
    onError: reportError,
    watch: (port) => rehearsal.watched(port),
  });
  shutdown.add('receiving', () => receiving.stop());
  const calls = openCalling({
    ...parts,
    ledgerDatabase: pools.calls,
    egress,
    monotonicMs,
    random: Math.random,
    version,
    epoch: () => engine.epoch(),
    environment: process.env,
    onCall: (figures) => metrics.call(figures),
    onBreakerOpened: (opened) => log.warn(opened, 'calls through a connection fail; its breaker opened'),
  });
  const archive = createArchive({
    ...parts,
    blobs,
    call: calls.calling.caller,
    connections: calls.directory,
    onTold: tell,
  });
  const metrics = createMetrics({
    engine: () => engine.state(),
    pendingAccepts: () => acceptor.pending,
    pendingCalls: () => calls.pending(),
    spool: () => receiving.spool(),
    now: () => clock.now(),
    traffic: (what) => traffic.count(what),
    queue: () => measureQueue(pools.general),
  });

  const { outbox, replays, maintenance, traffic } = openBackground({
    ...parts,
    blobs,
    accept: (draft) => acceptor.accept(draft),
    onQueued: () => engine.queued(),
    onReport: (report) => metrics.maintained(report),
  });

  const access = openAccess({
    ...parts,
    operatorKey: operator.key,
    apiKeys,
    requestsPerSecond: config.requestsPerSecond,
  });
  shutdown.add('the audit log', () => access.stop());
  const answered = new Set<string>();
  const server = await createHttpServer({
    authentication: access.authentication,
    access: access.audit.access,
    log,
    version,
    isStopping: () => shutdown.isStopping,
    trustedProxies: config.trustedProxies,
    onProblem(code) {
      metrics.problem(code);
      answered.add(code);
    },
  });
  const proving = openProving({
    ...parts,
    server,
    config,
    release: version,
    publicUrl,
    environment: process.env,
    egress,
    calls,
    blobs,
    acceptor,
    signer: access.audit.services.signer,
    answered: () => answered,
    onTold: tell,
    drilling: { directory, links, operator, url: () => url, exclusive: embedded },
    clockAheadMs: rehearsal.clockAheadMs,
  });
  const services = { database: pools.general, clock, ids, sealer, environment: config.environment };
  const onQueued = (): void => engine.queued();
  const waitingRoom = createFeedWaitingRoom({
    database: pools.general,
    timers,
    onError: (error) => reportError('feed', error),
  });
  await registerRoutes(server, {
    services: {
      ...services,
      publicUrl,
      targetUrlPolicy: targetUrlPolicyOf(config),
      onQueued,
      onEventTypes: (teamId) => directory.refresh(teamId).catch(() => null),
      onEndpointDeleted: () => maintenance.wake(),
      onReplay: () => replays.wake(),
      acceptEvent: (draft) => acceptor.accept(draft),
    },
    intake,
    receiver: receiving.receiver,
    calling: calls.calling,
    connections: calls.directory,
    archive: archive.services,
    ...proving.parts,
    blobs,
    links,
    listeners,
    waitingRoom,
    authentication: access.authentication,
    audit: access.audit.services,
    timers,
    monotonicMs,
    onError: reportError,
    node: {
      database: pools.general,
      masterKeys,
      dataFolder: embedded ? config.dataFolder : null,
      engine: () => engine.state(),
      stopping: () => shutdown.isLeaving,
      durabilityWarnings,
      spool: () => receiving.spool(),
      now: () => clock.now(),
    },
    metrics: metrics.registry,
  });

  await receiving.start();
  shutdown.add('the configuration of teams', () => directory.stop());
  // Leaving the other nodes may take three seconds more.
  shutdown.add('deliveries', (withinMs) => engine.stop(Math.min(shutdown.underWayMs, Math.max(0, withinMs - 3_500))));
  // Before the engine, under whose epoch calls are on record.
  shutdown.add('calls', (withinMs) => calls.stop(Math.min(shutdown.underWayMs, withinMs)));
  const workers = [outbox, replays, maintenance, traffic, archive, ...proving.workers];
  shutdown.add('background work', () => Promise.all(workers.map((worker) => worker.stop())), 5_000);
  const work = async (): Promise<void> => {
    if (shutdown.isStopping) return;
    directory.start();
    engine.start();
    await awaitLease(engine);
    access.start();
    await calls.start();
    for (const worker of workers) worker.start();
  };
  const working = database.ready.then(work);
  if (await isSettled(database.ready)) await working;
  else {
    log.warn({}, 'the database is out of reach: sources receive into the spool, everything else waits for it');
    working.catch((error: unknown) => reportError('database', error));
  }
  url = await listen(server, config);
  shutdown.add('the API', () => {
    listeners.stop();
    waitingRoom.stop();
    // A connection that never sent a request is not idle to Node, and would be waited for.
    setTimeout(() => server.server.closeAllConnections(), shutdown.underWayMs).unref();
    return server.close();
  });
  log.info({ version, url, environment: config.environment, embedded }, 'Posthorn listens');

  return {
    url,
    operatorKey: operator.created ? operator.key : null,
    // Last started, first stopped: the API, then the engine, then the pools, then the database.
    stop: () => shutdown.leave(),
  };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}
