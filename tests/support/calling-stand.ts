import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestOver, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import type { Authorization, Authorizer } from '../../src/authorization/authorizer.ts';
import { egressRoutes } from '../../src/calling/egress.routes.ts';
import type { CallingPorts } from '../../src/calling/calling-ports.ts';
import { type Calls, createCalling } from '../../src/calling/create-calling.ts';
import { providerHealthRoutes } from '../../src/calling/health.routes.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../../src/connections/connection-config.ts';
import { type Policy, policyDefaults } from '../../src/connections/policy.ts';
import type { EgressOptions } from '../../src/egress/create-egress.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import { createHttpServer, type HttpLimits } from '../../src/http/server.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import type { ApiProfile } from '../../src/providers/api-profile.ts';
import { genericApi } from '../../src/providers/generic/api.rules.ts';
import { digestOfToken, formatApiKey } from '../../src/teams/api-key.rules.ts';
import type { KnownApiKey } from '../../src/teams/api-key-directory.ts';
import { createTestEgress } from './egress.ts';
import { createMemoryCallLedger, type MemoryCallLedger } from './memory-call-ledger.ts';

type PolicyChange = { [Part in keyof Policy]?: Partial<Policy[Part]> };

/** Calling over real HTTP: connections, keys and the ledger in memory, everything else as it runs. */
export type CallingStand = AsyncDisposable & {
  url: string;
  port: number;
  app: FastifyInstance;
  calling: Calls;
  ledger: MemoryCallLedger;
  operatorKey: string;
  teamId: string;
  /** A key of the team, or of another one. */
  createKey(permissions: string[], teamId?: string): string;
  /** Makes or replaces a connection of the team. */
  connect(baseUrl: string | null, change?: ConnectionChange): ConnectionConfig;
  disconnect(connectionId: string): void;
  /** Leaves it there, and its credentials sealed under a key that nobody has. */
  lose(connection: ConnectionConfig): void;
  /** Over a connection of its own, with a key that may call. */
  call(connection: ConnectionConfig, path: string, options?: CallOptions): Promise<Answer>;
  errors: { where: string; error: unknown }[];
  newTeamId(): string;
};

export type ConnectionChange = Partial<Omit<ConnectionConfig, 'policy' | 'profile'>> & {
  policy?: PolicyChange;
  profile?: Partial<ApiProfile>;
};
export type CallOptions = {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: Buffer | string;
  key?: string | null;
};
export type Answer = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
  trailers: Record<string, string | undefined>;
  body: Buffer;
  text: string;
  json: Record<string, unknown>;
};

/** What the authorizer of the stand gives when a test has nothing else in mind. */
export const standToken = 'provider-token';

export async function createCallingStand(
  options: {
    ports?: Partial<CallingPorts>;
    authorizer?: Partial<Authorizer>;
    egress?: Partial<EgressOptions>;
    limits?: Partial<HttpLimits>;
    requestsPerSecond?: number;
  } = {},
): Promise<CallingStand> {
  const clock = { now: () => Date.now() };
  const ids = createIdSource(clock);
  const ledger = createMemoryCallLedger();
  const egress = createTestEgress(options.egress);
  const connections = new Map<string, ConnectionConfig>();
  const unreadable = new Map<string, string>();
  const listeners: ((connectionId: string) => void)[] = [];
  const directory: ConnectionDirectory = {
    find: (connectionId) => connections.get(connectionId) ?? null,
    teamOf: (connectionId) => connections.get(connectionId)?.teamId ?? unreadable.get(connectionId) ?? null,
    awaitNew: () => null,
    all: () => connections.values(),
    onChange: (listener) => void listeners.push(listener),
    teamChanged: () => undefined,
    mayHaveMissed: () => undefined,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
  const changed = (connectionId: string): void => {
    for (const listener of listeners) listener(connectionId);
  };
  const errors: CallingStand['errors'] = [];
  const calling = createCalling({
    directory,
    authorizer: {
      authorize: () => authorizationOf(standToken),
      refused: () => 'none',
      forget: () => undefined,
      ...options.authorizer,
    },
    ledger,
    egress,
    ids,
    clock,
    monotonicMs: () => performance.now(),
    timers: {
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return { cancel: () => clearTimeout(timer) };
      },
    },
    random: Math.random,
    version: '0.0.0',
    lastEventAt: () => Promise.resolve(null),
    isCompleted: () => Promise.resolve(false),
    recentCalls: () => Promise.resolve([]),
    budgetUse: () => Promise.resolve([]),
    onCredentialUsed: () => undefined,
    onError: (where, error) => errors.push({ where, error }),
    ...options.ports,
  });

  const keys = new Map<string, KnownApiKey>();
  const operatorKey = 'operator-key-of-the-stand';
  const authentication = createAuthentication({
    operatorKey,
    apiKeys: {
      peek: (digest) => keys.get(digest),
      wasKnown: (digest) => keys.has(digest),
      find: (digest) => Promise.resolve(keys.get(digest) ?? null),
      forgetTeam: () => undefined,
      forgetAll: () => undefined,
    },
    clock,
    requestsPerSecond: options.requestsPerSecond ?? null,
  });
  const quiet = (): void => undefined;
  const app = await createHttpServer({
    authentication,
    log: { debug: quiet, info: quiet, warn: quiet, error: (fields) => errors.push({ where: 'http', error: fields }) },
    version: '0.0.0',
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await app.register(egressRoutes({ calling, directory }));
  await app.register(providerHealthRoutes({ calling, directory }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const port = Number(new URL(url).port);
  const teamId = ids.next('team');

  const createKey: CallingStand['createKey'] = (permissions, ofTeam = teamId) => {
    const apiKeyId = ids.next('key');
    const token = formatApiKey(apiKeyId, Buffer.alloc(32, apiKeyId));
    keys.set(digestOfToken(token), {
      actor: {
        kind: 'api-key',
        teamId: ofTeam,
        apiKeyId,
        permissions: new Set(permissions),
        memberId: null,
        role: null,
      },
      expiresAtMs: null,
      tokens: Number.POSITIVE_INFINITY,
      tokensAtMs: 0,
    });
    return token;
  };
  const callerKey = createKey(['connections:call']);

  return {
    url,
    port,
    app,
    calling,
    ledger,
    operatorKey,
    teamId,
    createKey,
    errors,
    newTeamId: () => ids.next('team'),
    connect(baseUrl, { policy = {}, profile = {}, ...change } = {}) {
      const id = change.id ?? ids.next('con');
      const parts = Object.entries(policyDefaults).map(([part, defaults]) => [
        part,
        { ...defaults, ...policy[part as keyof Policy] },
      ]);
      const connection: ConnectionConfig = {
        teamId,
        id,
        name: 'Provider',
        profile: { ...genericApi, ...profile },
        environment: 'sandbox',
        baseUrl,
        options: {},
        status: 'active',
        credentials: [],
        policy: Object.fromEntries(parts) as Policy,
        sourceIds: [],
        archive: false,
        ...change,
      };
      connections.set(id, connection);
      changed(id);
      return connection;
    },
    lose({ id, teamId: owner }) {
      connections.delete(id);
      unreadable.set(id, owner);
      changed(id);
    },
    disconnect(connectionId) {
      connections.delete(connectionId);
      changed(connectionId);
    },
    call: (connection, path, call = {}) => send(port, `/egress/${connection.id}${path}`, { key: callerKey, ...call }),
    async [Symbol.asyncDispose]() {
      await calling.stop(0);
      app.server.closeAllConnections();
      await app.close();
      await egress.close();
    },
  };
}

export function authorizationOf(token: string, credentialId = 'ccr_01h2xcejqtf2nbrexx3vqjhp41'): Authorization {
  return { credentialId, kind: 'bearer', headers: ['authorization', `Bearer ${token}`], baseUrl: null };
}

/** One request over a connection of its own. Rejects when the answer does not come whole. */
export async function send(port: number, path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, key = null } = options;
  const request = requestOver({
    port,
    host: '127.0.0.1',
    path,
    method,
    agent: false,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
  });
  // What breaks off after the answer has begun is told by its body.
  request.on('error', () => undefined);
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  const text = bytes.toString();
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    rawHeaders: answer.rawHeaders,
    trailers: answer.trailers,
    body: bytes,
    text,
    get json() {
      return JSON.parse(text) as Record<string, unknown>;
    },
  };
}

/** What a provider got. */
export type Received = { method: string; url: string; headers: Record<string, unknown>; body: Buffer };

/** A provider of the test's own over HTTP. `answer` is called with each request, its body read. */
export async function startProvider(
  answer: (request: Received, response: ServerResponse, number: number) => void,
): Promise<{ url: string; port: number; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then(
      (body) => {
        const { method = '', url = '', headers } = request;
        const one = { method, url, headers, body };
        received.push(one);
        answer(one, response, received.length - 1);
      },
      () => undefined,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
