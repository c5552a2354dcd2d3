import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import { type Api, createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

type Made = { id: string };
type Checked = { path: string; credentials: { name: string; works: boolean | null; status: number; callId: string }[] };

const shown: string[] = [];
/** Knows one token, and one that may read nothing. */
const provider = createServer(({ headers }, response) => {
  const token = headers.authorization?.replace('Bearer ', '') ?? '';
  shown.push(token);
  response.writeHead(token === 'api_good' ? 200 : token === 'api_weak' ? 403 : 401).end('{"who":"somebody"}');
});
let database: TestDatabase;
let posthorn: PosthornProcess;
let folder: string;
let api: Api;
let team: string;
let connection: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'posthorn-check-'));
  posthorn = await startPosthorn({
    dataFolder: join(folder, 'data'),
    env: { DATABASE_URL: databaseUrlOf(database.config), POSTHORN_LOG_LEVEL: 'warn', POSTHORN_SHUTDOWN_SECONDS: '2' },
  });
  api = createApi(() => posthorn.url);
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  ({ id: team } = await api.call<Made>('POST', '/v1/teams', { name: 'Checked' }));
  ({ id: connection } = await api.call<Made>('POST', `/v1/teams/${team}/connections`, {
    provider: 'documenso',
    environment: 'sandbox',
    name: 'Contracts',
    baseUrl: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
    selfHosted: true,
    credentials: ['good', 'weak', 'gone'].map((name) => ({ name, fields: { token: `api_${name}` } })),
  }));
}, 90_000);
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await posthorn.end('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function check(...more: string[]): Promise<{ out: string[]; exitCode: unknown }> {
  const out: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: () => undefined,
    paint: createPaint(false),
    width: 100,
  };
  const given = [
    'connections',
    'check',
    connection,
    ...more,
    '--url',
    posthorn.url,
    '--key',
    operatorKey,
    '--team',
    team,
  ];
  await buildProgram(terminal).parseAsync(given, { from: 'user' });
  const { exitCode } = process;
  process.exitCode = undefined;
  return { out, exitCode };
}

describe('a check of a connection', () => {
  test('tries every credential by itself, and is on record', async () => {
    const checked = await api.call<Checked>('POST', `/v1/teams/${team}/connections/${connection}/check`);
    expect(checked.path).toMatch(/^\/api\/v2\/envelope\?/);
    expect(checked.credentials.map(({ name, works, status }) => [name, works, status])).toEqual([
      ['good', true, 200],
      ['weak', false, 403],
      ['gone', false, 401],
    ]);
    expect(shown).toEqual(['api_good', 'api_weak', 'api_gone']);
    const calls = checked.credentials.map(({ callId }) => api.call(`GET`, `/v1/teams/${team}/calls/${callId}`));
    for (const call of await Promise.all(calls)) expect(call).toMatchObject({ origin: 'check' });
  });

  test('says in words what is wrong, and exits with 1', async () => {
    const { out, exitCode } = await check();
    expect(out).toEqual([
      'good  works  Documenso answered 200.',
      expect.stringMatching(/^weak {2}does not work {2}Documenso answered 403: /),
      expect.stringMatching(/^gone {2}does not work {2}Documenso answered 401: /),
    ]);
    expect(exitCode).toBe(1);
  });

  test('exits with 0 when all work', async () => {
    await api.call('PATCH', `/v1/teams/${team}/connections/${connection}`, { credentials: [{ name: 'good' }] });
    expect(await check('--path', '/api/v2/document')).toMatchObject({
      out: [expect.stringContaining('works')],
      exitCode: 0,
    });
  });

  test('needs something harmless to read', async () => {
    const { id } = await api.call<Made>('POST', `/v1/teams/${team}/connections`, {
      provider: 'generic',
      environment: 'sandbox',
      name: 'Anything',
      baseUrl: 'http://127.0.0.1:9',
      credentials: [{ kind: 'bearer', fields: { token: 'any' } }],
    });
    await expect(api.call('POST', `/v1/teams/${team}/connections/${id}/check`)).rejects.toThrow(
      /harmless: give `path`, or set the connection.s option checkPath\./,
    );
  });
});
