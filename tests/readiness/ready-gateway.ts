import { createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import diagnostics from 'node:diagnostics_channel';
import type pg from 'pg';
import { openBlobStore } from '../../src/blobs/open-blob-store.ts';
import type { Config, ConfigReading } from '../../src/config.ts';
import type { ConnectionConfig } from '../../src/connections/connection-config.ts';
import { readAllConnections } from '../../src/connections/connection-snapshot.store.ts';
import { readConnectionConfig } from '../../src/connections/read-connection-config.ts';
import { createPool, endPool } from '../../src/database/pool.ts';
import { targetUrlPolicyOf } from '../../src/egress/reach.ts';
import { judgeTargetUrl } from '../../src/egress/target-url.rules.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createReadiness, type CheckStatus, type Readiness } from '../../src/readiness/create-readiness.ts';
import { createDocumentExaminer } from '../../src/readiness/examine-archived.ts';
import { gatherGatewayFacts } from '../../src/readiness/gateway-facts.ts';
import type { Instruments } from '../../src/readiness/instruments.ts';
import { loadCatalogue } from '../../src/readiness/load-catalogue.ts';
import { createHandshakeProbe } from '../../src/readiness/probe-handshake.ts';
import { createSecretFacts } from '../../src/readiness/secret-facts.ts';
import { createStrayCredentials } from '../../src/readiness/stray-credentials.ts';
import { createRouteList, createServedReference } from '../../src/readiness/served-reference.ts';
import { createSealer } from '../../src/sealing/sealer.ts';
import { type Api, createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import { prepareDeclarations } from './declared-gateway.ts';
import { type OutsideWorld, startOutsideWorld } from './outside-world.ts';
import { type Contracts, makeContracts, prepareArchive } from './prepare-archive.ts';
import { prepareDeployments } from './prepare-deployments.ts';
import { prepareLaunch } from './prepare-launch.ts';
import { account, answerAsProviders, envelopesPath } from './provider-answers.ts';
import { prepareReplacedKey } from './proofs-of-connections.ts';
import { makeReadyRelease, type ReadyRelease } from './ready-release.ts';

type Start = (config: Config) => Promise<{ url: string; stop(): Promise<unknown> }>;

/** A production gateway with a whole integration on it, about which every shipped check passes somewhere. */
export type ReadyGateway = {
  api: Api;
  url: string;
  pool: pg.Pool;
  world: OutsideWorld;
  readiness: Readiness;
  team: string;
  ids: Record<
    'endpoint' | 'retried' | 'docusignSource' | 'gorouteSource' | 'sandbox' | 'docusign' | 'documenso' | 'goroute',
    string
  >;
  secrets: { sandboxToken: string; productionToken: string; gorouteSecret: string };
  /** What the process was configured with; what is changed counts as if it had been started so. */
  environment: Record<string, string>;
  workingFolder: string;
  /** Changes what is served at these paths on its way. */
  rewrite: { served: (text: string, path: string) => string };
  /** What is archived. */
  contracts: Contracts;
  /** The manifest of the release that is said to run, and what is installed. */
  release: ReadyRelease;
  /** By check and subject: all, or one check. */
  evaluate(checkId?: string): Promise<Map<string, CheckStatus>>;
  /** Reads of envelopes that nobody read before, of documents that are fetched once. */
  makeCleanCalls(count: number): Promise<void>;
  call(connection: string, path: string): Promise<number>;
  postSigned(source: string, body: string, header: string, signature: string): Promise<number>;
  postEvents(count: number): Promise<void>;
  stop(): Promise<void>;
};

const connectKey = randomBytes(32).toString('base64');
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const operatorKey = `operator-${randomBytes(24).toString('hex')}`;

export async function startReadyGateway(
  start: Start,
  readConfig: (environment: Record<string, string>) => ConfigReading,
): Promise<ReadyGateway> {
  const world = await startOutsideWorld();
  answerAsProviders(world);
  const database = await createTestDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-ready-'));
  const masterKey = randomBytes(32);
  const contracts = await makeContracts(folder);
  const environment: Record<string, string> = {
    POSTHORN_ENV: 'production',
    DATABASE_URL: databaseUrlOf(database.config),
    POSTHORN_MASTER_KEY: masterKey.toString('base64'),
    POSTHORN_OPERATOR_KEY: operatorKey,
    POSTHORN_DATA: join(folder, 'data'),
    POSTHORN_PUBLIC_URL: 'https://posthorn.example.com',
    POSTHORN_LOG_LEVEL: 'error',
    HTTPS_PROXY: world.proxyUrl,
    POSTHORN_PROXY_RESOLVES_NAMES: 'yes',
    POSTHORN_CA_FILE: world.caFile,
    POSTHORN_SIGNING_TRUST: contracts.trustFile,
    POSTHORN_DATABASE_CONNECTIONS: '6',
    PORT: '0',
  };
  const configOf = (): Config => {
    const { config, problems } = readConfig(environment);
    if (config === null) throw new Error(JSON.stringify(problems));
    return config;
  };
  const config = configOf();
  const routes = createRouteList();
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: { addHook(name: 'onRoute', hook: typeof routes.note): void } };
    fastify.addHook('onRoute', (route) => routes.note(route));
  };
  diagnostics.subscribe('fastify.initialization', watch);
  const running = await start(config);
  diagnostics.unsubscribe('fastify.initialization', watch);
  const api = createApi(() => running.url, operatorKey);
  await until('the gateway to be ready', async () => (await fetch(`${running.url}/readyz`)).ok);

  const sealer = createSealer({ masterKeys: [masterKey] });
  const pool = createPool({ ...database.config, max: 4, application_name: 'readiness' }, () => undefined);
  let connections = new Map<string, ConnectionConfig>();
  const rewrite = { served: (text: string, _path: string): string => text };
  const targetUrlPolicy = targetUrlPolicyOf(config);
  const clock = { now: () => Date.now() };
  const errors: unknown[] = [];

  const call: ReadyGateway['call'] = async (connection, path) => {
    const answer = await fetch(`${running.url}/egress/${connection}${path}`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const surroundings = () => ({ environment, arguments: [], workingFolder: folder });
  const instruments: Instruments = {
    secrets: createSecretFacts({ database: pool, sealer, connections: () => connections.values() }),
    handshake: createHandshakeProbe({
      database: pool,
      sealer,
      targetUrlPolicy,
      proxy: config.proxy,
      caPem: config.caPem,
    }),
    refusalOfUrl(url) {
      const verdict = judgeTargetUrl(url, { ...targetUrlPolicy, requireHttps: true });
      return verdict.ok ? null : verdict.reason;
    },
    async call({ connectionId, path }) {
      const answer = await fetch(`${running.url}/egress/${connectionId}${path}`, {
        headers: { authorization: `Bearer ${operatorKey}` },
      });
      const body = Readable.from([await answer.text()]);
      return { callId: answer.headers.get('posthorn-call-id') ?? '', status: answer.status, headers: {}, body };
    },
    connections: { find: (id) => connections.get(id) ?? null, all: () => connections.values() },
    reference: createServedReference({
      routes,
      read: async (path) => rewrite.served(await (await fetch(running.url + path)).text(), path),
      answered: () => [],
    }),
    strayCredentials: createStrayCredentials({ find: (id) => connections.get(id) ?? null, surroundings }),
    gateway: () => gatherGatewayFacts(configOf(), 'https://posthorn.example.com', surroundings()),
    manifest: () => readyRelease.read(),
    examineDocument: createDocumentExaminer({
      blobs: openBlobStore(config.blobs, config.dataFolder),
      trustPem: config.signingTrustPem,
    }),
  };
  const readyRelease = await makeReadyRelease(folder, running.url);
  const readiness = createReadiness({
    database: pool,
    ids: createIdSource(clock),
    clock,
    environment: 'production',
    release: '0.0.0',
    publicUrl: () => 'https://posthorn.example.com',
    catalogue: loadCatalogue(),
    instruments,
    onError: (error) => errors.push(error),
  });

  const gateway: ReadyGateway = {
    api,
    url: running.url,
    pool,
    world,
    readiness,
    team: '',
    ids: {} as ReadyGateway['ids'],
    secrets: {
      sandboxToken: `api_${randomBytes(16).toString('hex')}`,
      productionToken: `api_${randomBytes(16).toString('hex')}`,
      gorouteSecret: randomBytes(32).toString('base64url'),
    },
    environment,
    workingFolder: folder,
    rewrite,
    contracts,
    release: readyRelease,
    async evaluate(checkId) {
      const rows = await readAllConnections(pool);
      connections = new Map(rows.map((row) => [row.id, readConnectionConfig(sealer, row)]));
      const { team } = gateway;
      const statuses = await (checkId === undefined
        ? readiness.evaluateAll(team)
        : readiness.evaluate({ teamId: team, checkId }));
      if (errors.length > 0) throw new AggregateError(errors.splice(0), 'gathering failed');
      return new Map(statuses.map((status) => [`${status.checkId} ${status.subject.id}`, status]));
    },
    async makeCleanCalls(count) {
      for (let index = 0; index < count; index += 1) {
        await call(gateway.ids.sandbox, `${envelopesPath}/${randomUUID()}/recipients`);
      }
    },
    call,
    async postSigned(source, body, header, signature) {
      const answer = await fetch(`${running.url}/in/${source}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [header]: signature },
        body,
      });
      return answer.status;
    },
    async postEvents(count) {
      for (let index = 0; index < count; index += 1) {
        const body = { type: 'invoice.paid', payload: { amount: index }, idempotencyKey: randomUUID() };
        await api.call('POST', `/v1/teams/${gateway.team}/events`, body);
      }
    },
    async stop() {
      await running.stop();
      await endPool(pool);
      await database.drop();
      await world.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await configure(gateway);
  await bringTraffic(gateway);
  await prepareLaunch(gateway, { connectKey });
  await prepareDeclarations(gateway);
  await prepareDeployments(gateway);
  await prepareReplacedKey(gateway);
  await prepareArchive(gateway);
  return gateway;
}

async function configure(gateway: ReadyGateway): Promise<void> {
  const { api } = gateway;
  const team = (await api.call<{ id: string }>('POST', '/v1/teams', { name: 'Ready' })).id;
  gateway.team = team;
  const at = (path: string): string => `/v1/teams/${team}/${path}`;
  const make = async (path: string, body: object): Promise<string> =>
    (await api.call<{ id: string }>('POST', at(path), body)).id;
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  await make('api-keys', { name: 'app', permissions: ['events:write'], expiresAt: inDays(90) });
  const schema = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] };
  await api.call('POST', at('event-types'), { name: 'invoice.paid', schema, example: { amount: 1 } });
  const subscription = { eventTypes: ['invoice.paid'] };
  const { gorouteSecret, sandboxToken, productionToken } = gateway.secrets;
  const { ids } = gateway;
  ids.endpoint = await make('endpoints', { url: 'https://receiver.example.com/hook', ...subscription });
  ids.retried = await make('endpoints', { url: 'https://receiver.example.com/other', ...subscription });
  ids.docusignSource = await make('sources', {
    provider: 'docusign',
    name: 'Connect',
    credentials: [{ kind: 'hmac', value: connectKey }],
  });
  ids.gorouteSource = await make('sources', {
    provider: 'goroute',
    name: 'Peppol',
    credentials: [{ value: gorouteSecret }],
  });
  const jwt = { kind: 'docusign-jwt', fields: { integrationKey: randomUUID(), userId: randomUUID(), privateKey } };
  const connection = { name: 'c', sources: [ids.docusignSource] };
  ids.sandbox = await make('connections', {
    ...connection,
    provider: 'docusign',
    environment: 'sandbox',
    credentials: [jwt],
  });
  ids.docusign = await make('connections', {
    ...connection,
    provider: 'docusign',
    environment: 'production',
    credentials: [jwt],
  });
  const limits = ['v1', 'v2'].map((name) => ({ name, limit: 800, windowMs: 60_000 }));
  const documenso = { provider: 'documenso', policy: { budget: { limits } } };
  ids.documenso = await make('connections', {
    ...documenso,
    name: 'd',
    environment: 'production',
    credentials: [{ name: '1', fields: { token: productionToken } }],
  });
  await make('connections', {
    ...documenso,
    name: 's',
    environment: 'sandbox',
    baseUrl: 'https://sandbox.documenso.example.com',
    selfHosted: true,
    credentials: [{ fields: { token: sandboxToken } }],
  });
  ids.goroute = await make('connections', {
    provider: 'goroute',
    name: 'g',
    environment: 'production',
    credentials: [{ fields: { name: 'X-API-Key', value: `pk_goroute_${randomBytes(16).toString('hex')}` } }],
  });
}

const docusignSignature = (body: string): string => createHmac('sha256', connectKey).update(body).digest('base64');

async function bringTraffic(gateway: ReadyGateway): Promise<void> {
  const { api, ids, team, pool } = gateway;
  await gateway.postEvents(60);
  const envelopes = Array.from({ length: 25 }, () => randomUUID());
  const news = [
    ...envelopes.map((envelope) => ['envelope-completed', envelope] as const),
    ...['sent', 'delivered', 'declined', 'voided'].map((name) => [`envelope-${name}`, randomUUID()] as const),
  ];
  for (const [event, envelopeId] of news) {
    const body = JSON.stringify({
      event,
      generatedDateTime: new Date().toISOString(),
      data: { accountId: account, envelopeId },
    });
    await gateway.postSigned(ids.docusignSource, body, 'x-docusign-signature-1', docusignSignature(body));
  }
  for (let index = 0; index < 25; index += 1) {
    const body = JSON.stringify({
      event: 'transaction.delivered',
      event_id: randomUUID(),
      data: { transaction_id: randomUUID() },
    });
    await gateway.postSigned(ids.gorouteSource, body, 'x-goroute-signature', gorouteSignature(gateway, body));
  }
  for (const envelope of envelopes) await gateway.call(ids.sandbox, `${envelopesPath}/${envelope}/documents/combined`);
  for (let index = 0; index < 200; index += 1) await gateway.call(ids.documenso, '/api/v2/envelope?page=1&perPage=1');
  const { data: types } = await api.call<{ data: { name: string; operational: boolean }[] }>(
    'GET',
    `/v1/teams/${team}/event-types?limit=500`,
  );
  for (const { name } of types.filter((type) => !type.operational && type.name !== 'invoice.paid')) {
    const described = { schema: { type: 'object' }, example: {} };
    await api.call('PATCH', `/v1/teams/${team}/event-types/${encodeURIComponent(name)}`, described);
  }
  await until('everything to be delivered and on record', async () => {
    const { rows } = await pool.query<{ done: boolean }>(
      `SELECT (SELECT count(*) FROM delivery WHERE state = 1) = 120 AND (SELECT count(*) FROM call WHERE outcome = 0) = 0
        AND (SELECT coalesce(sum(uses), 0) FROM connection_credential_use) >= 225 AS done`,
    );
    return rows[0]?.done;
  });
  await writeRetries(gateway);
}

export const gorouteSignature = (gateway: ReadyGateway, body: string): string =>
  `sha256=${createHmac('sha256', gateway.secrets.gorouteSecret).update(body).digest('hex')}`;

/**
 * A history of retries: an hour ago the other endpoint failed first, all in one second, and a minute later each came again,
 * half a second apart.
 */
async function writeRetries({ pool, ids }: ReadyGateway): Promise<void> {
  await pool.query(
    `WITH chosen AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM delivery WHERE endpoint_id = $1 ORDER BY id LIMIT 24),
     failed AS (UPDATE attempt a SET status = 500, started_at = date_trunc('second', now() - interval '1 hour'), total_ms = 5
       FROM chosen WHERE a.delivery_id = chosen.id RETURNING a.*, chosen.n),
     counted AS (UPDATE delivery SET attempts = 2 WHERE id IN (SELECT id FROM chosen))
     INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, request_headers, response_headers, response_body,
         total_ms)
       SELECT team_id, delivery_id, gen_random_uuid(), 2, started_at + make_interval(secs => 54 + n / 2.0), 200,
         request_headers, response_headers, response_body, 5 FROM failed`,
    [uuidFromId(ids.retried)],
  );
}
