import { randomBytes } from 'node:crypto';
import type { FastifyInstance, InjectOptions } from 'fastify';
import type { Clock } from '../../src/clock.ts';
import { compileAddressPolicy } from '../../src/egress/address.rules.ts';
import { endpointRoutes } from '../../src/endpoints/endpoints.routes.ts';
import { eventTypeRoutes } from '../../src/event-types/event-types.routes.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import type { ContextServices } from '../../src/http/request-context.ts';
import { createHttpServer, type HttpLimits } from '../../src/http/server.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { createSealer } from '../../src/sealing/sealer.ts';
import { type ApiKeyDirectory, createApiKeyDirectory } from '../../src/teams/api-key-directory.ts';
import { sourceRoutes } from '../../src/sources/sources.routes.ts';
import { apiKeyRoutes } from '../../src/teams/api-keys.routes.ts';
import { teamRoutes } from '../../src/teams/teams.routes.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** The configuration side of the API over a database of its own; requests are injected. */
export type TestApi = AsyncDisposable & {
  app: FastifyInstance;
  database: TestDatabase;
  services: ContextServices & { publicUrl: () => string };
  apiKeys: ApiKeyDirectory;
  operatorKey: string;
  /** Every line that the server logged. */
  logged: { level: string; fields: Record<string, unknown>; message: string }[];
  /** As the operator, unless a key is given. */
  call: (
    method: NonNullable<InjectOptions['method']>,
    path: string,
    options?: { key?: string | null; body?: object | string; headers?: object },
  ) => Promise<Answer>;
  createTeam: (name?: string) => Promise<string>;
  createKey: (teamId: string, permissions: string[], more?: object) => Promise<{ id: string; key: string }>;
};

// oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
type Json = any;

type Answer = { status: number; headers: Record<string, unknown>; body: Json; text: string };

export async function createTestApi(
  options: {
    clock?: Clock;
    requestsPerSecond?: number | null;
    limits?: Partial<HttpLimits>;
    isStopping?: () => boolean;
    environment?: 'development' | 'production';
    register?: (app: FastifyInstance, api: { services: TestApi['services'] }) => void;
  } = {},
): Promise<TestApi> {
  const database = await createTestDatabase();
  const clock = options.clock ?? { now: () => Date.now() };
  const environment = options.environment ?? 'production';
  const targetUrlPolicy = {
    requireHttps: environment === 'production',
    addressPolicy: compileAddressPolicy({ allowLoopback: environment === 'development', allowedNetworks: [] }),
  };
  const services = {
    database: database.pool,
    clock,
    ids: createIdSource(clock),
    sealer: createSealer({ masterKeys: [randomBytes(32)] }),
    environment,
    targetUrlPolicy,
    onEndpointDeleted: () => undefined,
    publicUrl: () => 'https://posthorn.test',
  };
  const operatorKey = `operator_${randomBytes(24).toString('base64url')}`;
  const apiKeys = createApiKeyDirectory({ database: database.pool, clock });
  const authentication = createAuthentication({
    operatorKey,
    apiKeys,
    clock,
    requestsPerSecond: options.requestsPerSecond ?? null,
  });
  const logged: TestApi['logged'] = [];
  const write = (level: string) => (fields: object, message: string) => {
    logged.push({ level, fields: { ...fields }, message });
  };
  const app = await createHttpServer({
    authentication,
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    version: '0.0.0',
    ...(options.isStopping === undefined ? {} : { isStopping: options.isStopping }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await app.register(teamRoutes({ services }));
  await app.register(apiKeyRoutes({ services }));
  await app.register(eventTypeRoutes({ services }));
  await app.register(endpointRoutes({ services }));
  await app.register(sourceRoutes({ services }));
  options.register?.(app, { services });
  await app.ready();

  const call: TestApi['call'] = async (method, path, { key = operatorKey, body, headers } = {}) => {
    const answer = await app.inject({
      method,
      url: path,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: isJson ? (JSON.parse(answer.body) as unknown) : undefined,
      text: answer.body,
    };
  };
  return {
    app,
    database,
    services,
    apiKeys,
    operatorKey,
    logged,
    call,
    async createTeam(name = 'Acme') {
      const answer = await call('POST', '/v1/teams', { body: { name } });
      return (answer.body as { id: string }).id;
    },
    async createKey(teamId, permissions, more = {}) {
      const answer = await call('POST', `/v1/teams/${teamId}/api-keys`, {
        body: { name: 'test', permissions, ...more },
      });
      return answer.body as { id: string; key: string };
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await database.drop();
    },
  };
}
