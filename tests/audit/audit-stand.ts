import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { auditRoutes } from '../../src/audit/audit.routes.ts';
import type { AuditEntry } from '../../src/audit/audit-entry.ts';
import { createAudit } from '../../src/audit/create-audit.ts';
import { entryOf } from '../../src/audit/entry-hash.rules.ts';
import { compileAddressPolicy } from '../../src/egress/address.rules.ts';
import { endpointRoutes } from '../../src/endpoints/endpoints.routes.ts';
import { eventTypeRoutes } from '../../src/event-types/event-types.routes.ts';
import { eventQueryRoutes } from '../../src/events/event-query.routes.ts';
import { createAuthentication } from '../../src/http/authentication.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createSealer } from '../../src/sealing/sealer.ts';
import { sourceRoutes } from '../../src/sources/sources.routes.ts';
import { createApiKeyDirectory } from '../../src/teams/api-key-directory.ts';
import { apiKeyRoutes } from '../../src/teams/api-keys.routes.ts';
import { teamRoutes } from '../../src/teams/teams.routes.ts';
import { emptyBlobStore } from '../support/blobs.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { createTestDatabase } from '../support/test-database.ts';

export type AuditStand = Awaited<ReturnType<typeof openAuditStand>>;
type Asked = { key?: string | null; body?: object };
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Answer = { status: number; body: any; text: string; requestId: string };

/** An API with its audit log, which is wired as in main.ts, over a database and a clock of its own. */
export async function openAuditStand(masterKey: Buffer = randomBytes(32)) {
  const database = await createTestDatabase();
  const timers = createManualTimers();
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs };
  const ids = createIdSource({ now: () => Date.now() });
  const sealer = createSealer({ masterKeys: [masterKey] });
  const errors: unknown[] = [];
  const parts = { database: database.pool, clock, ids, sealer };
  const openAudit = () => createAudit({ ...parts, timers, onError: (_where, error) => void errors.push(error) });
  const audit = openAudit();
  const apiKeys = createApiKeyDirectory({ database: database.pool, clock });
  const operatorKey = `operator_${randomBytes(24).toString('base64url')}`;
  const quiet = (): void => undefined;
  const server: FastifyInstance = await createHttpServer({
    authentication: createAuthentication({
      operatorKey,
      apiKeys,
      clock,
      requestsPerSecond: null,
      access: audit.access,
    }),
    log: { debug: quiet, info: quiet, warn: quiet, error: (fields) => void errors.push(fields) },
    version: '0.0.0',
    access: audit.access,
  });
  const services = {
    ...parts,
    environment: 'production' as const,
    publicUrl: () => 'https://posthorn.test',
    targetUrlPolicy: {
      requireHttps: true,
      addressPolicy: compileAddressPolicy({ allowLoopback: false, allowedNetworks: [] }),
    },
    onEndpointDeleted: quiet,
    ...audit.services,
  };
  const routes: { method: string; url: string }[] = [];
  server.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, url });
  });
  await server.register(teamRoutes({ services }));
  await server.register(apiKeyRoutes({ services }));
  await server.register(eventTypeRoutes({ services }));
  await server.register(endpointRoutes({ services }));
  await server.register(sourceRoutes({ services }));
  const readBodyUrl = (): never => {
    throw new Error('no body has a URL here');
  };
  await server.register(eventQueryRoutes({ ...services, blobs: await emptyBlobStore(), readBodyUrl }));
  await server.register(auditRoutes({ services }));
  const url = await server.listen({ port: 0, host: '127.0.0.1' });

  const call = async (method: string, path: string, { key = operatorKey, body }: Asked = {}): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /[/+]json/.test(answer.headers.get('content-type') ?? '');
    const requestId = answer.headers.get('posthorn-request-id') ?? '';
    return { status: answer.status, body: isJson ? (JSON.parse(text) as unknown) : undefined, text, requestId };
  };

  return {
    ...parts,
    databaseConfig: database.config,
    masterKey,
    timers,
    errors,
    audit,
    openAudit,
    routes,
    url,
    operatorKey,
    call,
    passTime: (ms: number): void => {
      aheadMs += ms;
    },
    async createTeam(name = 'Acme'): Promise<string> {
      const made = await call('POST', '/v1/teams', { body: { name } });
      return (made.body as { id: string }).id;
    },
    async createKey(team: string, permissions: string[], more: object = {}): Promise<{ id: string; key: string }> {
      const body = { name: 'test', permissions, ...more };
      return (await call('POST', `/v1/teams/${team}/api-keys`, { body })).body as { id: string; key: string };
    },
    /** What is on record of a team, or of the gateway, oldest first. */
    async entries(team: string | null): Promise<AuditEntry[]> {
      await audit.access.idle();
      const { rows } = await database.pool.query<{ sequence: string; content: string; hash: string }>(
        `SELECT sequence, content, encode(hash, 'hex') AS hash FROM audit_entry WHERE team_id = $1 ORDER BY sequence`,
        [team === null ? '00000000-0000-0000-0000-000000000000' : uuidFromId(team)],
      );
      return rows.map((row) => entryOf({ ...row, sequence: Number(row.sequence) }));
    },
    /** Runs statements as somebody would who owns the tables and takes their triggers away. */
    async tamper(...statements: string[]): Promise<void> {
      const client = await database.pool.connect();
      const tables = ['audit_entry', 'audit_head', 'audit_checkpoint'];
      try {
        for (const table of tables) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
        for (const statement of statements) await client.query(statement);
        for (const table of tables) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
      } finally {
        client.release();
      }
    },
    async close(): Promise<void> {
      await server.close();
      await audit.stop();
      await database.drop();
    },
  };
}
