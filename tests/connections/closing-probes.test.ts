import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { type Api, createApi } from '../support/api.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { operatorKey, type PosthornProcess, startPosthorn } from '../support/posthorn-process.ts';
import { typed } from '../support/screen.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

type Made = { id: string; credentials: { id: string; name: string }[] };
type Probe = {
  credential: string;
  name: string;
  state: string;
  status: number | null;
  tries: number;
  nextAt: string | null;
  replacedAt: string;
  says: string;
};
type Asked = { path: string; secret: string };

/** What the provider takes, and what it answers to all others; whatever it is asked. */
const taken = new Set<string>();
let otherwise = 401;
const asked: Asked[] = [];
const provider = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => void (body += chunk.toString()));
  request.on('end', () => {
    const { headers, url = '' } = request;
    const secret = headers.authorization?.replace('Bearer ', '') ?? '';
    asked.push({ path: url, secret });
    if (url !== '/oauth/token') {
      response.writeHead(taken.has(secret) ? 200 : otherwise).end('{"who":"somebody"}');
      return;
    }
    const token = { access_token: 'a-token', token_type: 'Bearer', expires_in: 3600 };
    const isTaken = taken.has(secret) || taken.has('assertion');
    response.writeHead(isTaken ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isTaken ? token : { error: 'invalid_grant' }));
  });
});

let database: TestDatabase;
let posthorn: PosthornProcess;
let folder: string;
let api: Api;
let origin: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'posthorn-closing-'));
  posthorn = await startPosthorn({
    dataFolder: join(folder, 'data'),
    env: { DATABASE_URL: databaseUrlOf(database.config), POSTHORN_LOG_LEVEL: 'debug', POSTHORN_SHUTDOWN_SECONDS: '2' },
  });
  api = createApi(() => posthorn.url);
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
}, 90_000);
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await posthorn.end('SIGTERM');
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
/** A team with a connection to the provider, with one token that is taken. */
async function connect(more: object = {}) {
  made += 1;
  const secret = `api_secret-number-${made}`;
  taken.add(secret);
  otherwise = 401;
  const { id: team } = await api.call<Made>('POST', '/v1/teams', { name: `Team ${made}` });
  const connection = await api.call<Made>('POST', `/v1/teams/${team}/connections`, {
    provider: 'documenso',
    environment: 'sandbox',
    name: 'Contracts',
    baseUrl: origin,
    selfHosted: true,
    credentials: [{ name: 'old', fields: { token: secret } }],
    ...more,
  });
  const path = `/v1/teams/${team}/connections/${connection.id}`;
  return { team, id: connection.id, path, secret, credential: connection.credentials[0]?.id ?? '' };
}
type Connected = Awaited<ReturnType<typeof connect>>;

/** Another token in place of the old one, which the provider goes on taking unless it is revoked. */
const replace = async ({ path, secret }: Connected, revoke: boolean): Promise<void> => {
  taken.add(`${secret}-new`);
  await api.call('PATCH', path, { credentials: [{ name: 'new', fields: { token: `${secret}-new` } }] });
  if (revoke) taken.delete(secret);
};
const probesOf = async ({ path }: Connected): Promise<Probe[]> =>
  (await api.call<{ data: Probe[] }>('GET', `${path}/closing-probes`)).data;
const run = async ({ path }: Connected): Promise<Probe[]> =>
  (await api.call<{ data: Probe[] }>('POST', `${path}/closing-probes`)).data;
const askedWith = (secret: string): string[] => asked.filter((each) => each.secret === secret).map(({ path }) => path);
const inDatabase = async ({ id }: Connected): Promise<{ sealed: Buffer | null }[]> => {
  const { rows } = await database.pool.query<{ sealed: Buffer | null }>(
    'SELECT sealed FROM closing_probe WHERE connection_id = $1',
    [uuidFromId(id)],
  );
  return rows;
};
/** As if it had been replaced so many days before, and were due now. */
const passDays = async ({ id }: Connected, days: number): Promise<void> => {
  await database.pool.query(
    `UPDATE closing_probe SET replaced_at = replaced_at - make_interval(days => $2), due_at = now()
      WHERE connection_id = $1`,
    [uuidFromId(id), days],
  );
};

async function probes(connected: Connected, ...more: string[]): Promise<{ out: string[]; exitCode: unknown }> {
  const at = ['--url', posthorn.url, '--key', operatorKey, '--team', connected.team];
  const { out } = await typed(['connections', 'probes', connected.id, ...more, ...at]);
  const { exitCode } = process;
  process.exitCode = undefined;
  return { out, exitCode };
}

describe('a credential that was removed', () => {
  test('is kept sealed until its last read, and destroyed as soon as the provider refuses it', async () => {
    const connected = await connect();
    const before = await database.pool.query<{ sealed: Buffer }>(
      'SELECT sealed FROM connection_credential WHERE id = $1',
      [uuidFromId(connected.credential)],
    );
    const sealed = before.rows[0]?.sealed as Buffer;
    await replace(connected, true);
    expect(await inDatabase(connected)).toEqual([{ sealed }]);
    expect(await probesOf(connected)).toMatchObject([
      { credential: connected.credential, name: 'old', state: 'outstanding', tries: 0 },
    ]);
    expect(askedWith(connected.secret)).toEqual([]);
    const [probe] = await run(connected);
    expect(probe).toMatchObject({ state: 'refused', status: 401, tries: 1, nextAt: null });
    expect(askedWith(connected.secret)).toEqual(['/api/v2/envelope?page=1&perPage=1']);
    expect(await inDatabase(connected)).toEqual([{ sealed: null }]);
    // Nowhere else in the database either.
    const { rows: tables } = await database.pool.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      const { rows } = await database.pool.query(`SELECT FROM ${name} t WHERE position($1 IN t::text) > 0`, [
        sealed.toString('hex'),
      ]);
      expect(rows, name).toEqual([]);
    }
    await run(connected);
    expect(askedWith(connected.secret)).toHaveLength(1);
  });

  test('stays outstanding while the provider takes it, and is tried again a day later', async () => {
    const connected = await connect();
    await replace(connected, false);
    const [probe] = await run(connected);
    expect(probe).toMatchObject({ state: 'outstanding', status: 200 });
    const inHours = (Date.parse(probe?.nextAt ?? '') - Date.now()) / 3_600_000;
    expect(Math.round(inHours)).toBe(24);
    expect(await inDatabase(connected)).toEqual([{ sealed: expect.any(Buffer) as Buffer }]);
    taken.delete(connected.secret);
    expect(await run(connected)).toMatchObject([{ state: 'refused', tries: 2 }]);
    expect(await inDatabase(connected)).toEqual([{ sealed: null }]);
  });

  test('is destroyed after seven days, and stands as still taken', async () => {
    const connected = await connect();
    await replace(connected, false);
    await passDays(connected, 7);
    expect(await run(connected)).toMatchObject([{ state: 'accepted', status: 200, nextAt: null }]);
    expect(await inDatabase(connected)).toEqual([{ sealed: null }]);
  });

  test('is tried again soon where the answer says nothing, and never counts as refused by that', async () => {
    const connected = await connect();
    await replace(connected, true);
    otherwise = 503;
    const [probe] = await run(connected);
    expect(probe).toMatchObject({ state: 'outstanding', status: 503 });
    expect(Date.parse(probe?.nextAt ?? '') - Date.now()).toBeLessThanOrEqual(60_000);
    await passDays(connected, 7);
    expect(await run(connected)).toMatchObject([{ state: 'unanswered' }]);
    expect(await inDatabase(connected)).toEqual([{ sealed: null }]);
  });

  test('without an answer at all it waits as well', async () => {
    const connected = await connect({ baseUrl: 'http://127.0.0.1:9' });
    await replace(connected, true);
    expect(await run(connected)).toMatchObject([{ state: 'outstanding', status: null, tries: 1 }]);
  });

  test('is asked for where it was used, wherever the connection leads by now', async () => {
    const connected = await connect();
    taken.delete(connected.secret);
    await api.call('PATCH', connected.path, {
      baseUrl: 'http://127.0.0.1:9',
      selfHosted: true,
      credentials: [{ name: 'new', fields: { token: 'api_elsewhere' } }],
    });
    expect(await run(connected)).toMatchObject([{ state: 'refused' }]);
  });

  test('that serves again was not replaced', async () => {
    const connected = await connect();
    await api.call('PATCH', connected.path, {
      credentials: [{ name: 'renamed', fields: { token: connected.secret } }],
    });
    expect(await run(connected)).toMatchObject([{ name: 'old', state: 'in-use', tries: 0 }]);
    expect(askedWith(connected.secret)).toEqual([]);
    expect(await inDatabase(connected)).toEqual([{ sealed: null }]);
  });

  test('that is a reference, or that nothing harmless can be read with, is not tried', async () => {
    const reference = await connect({
      credentials: [{ name: 'old', fields: { token: { fromEnv: 'NOT_SET_ANYWHERE' } } }],
    });
    await replace(reference, true);
    expect(await run(reference)).toMatchObject([{ state: 'not-probed', tries: 0 }]);
    const generic = await connect({
      provider: 'generic',
      credentials: [{ name: 'old', kind: 'bearer', fields: { token: 'any-token' } }],
    });
    await api.call('PATCH', generic.path, {
      credentials: [{ name: 'new', kind: 'bearer', fields: { token: 'another-token' } }],
    });
    const [probe] = await run(generic);
    expect(probe).toMatchObject({ state: 'not-probed' });
    expect(probe?.says).toContain('Nothing says which read is harmless');
    expect(askedWith('any-token')).toEqual([]);
    expect([...(await inDatabase(reference)), ...(await inDatabase(generic))]).toEqual([
      { sealed: null },
      { sealed: null },
    ]);
  });

  test('and that is exchanged for tokens is asked for one, which stands in no ledger', async () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const jwt = (userId: string, name: string) => ({
      name,
      kind: 'docusign-jwt',
      fields: { integrationKey: '7c2b8d7e-0000-4000-8000-000000000000', userId, privateKey, authBaseUrl: origin },
    });
    const connected = await connect({ provider: 'docusign', credentials: [jwt('1', 'old')] });
    const token = { name: 'new', kind: 'bearer', fields: { token: 'a-bearer-token' } };
    await api.call('PATCH', connected.path, { credentials: [token] });
    taken.add('assertion');
    expect(await run(connected)).toMatchObject([{ state: 'outstanding', status: 200 }]);
    taken.delete('assertion');
    expect(await run(connected)).toMatchObject([{ state: 'refused', status: 400 }]);
    expect(asked.filter(({ path }) => path === '/oauth/userinfo')).toEqual([]);
    // Nor does it count in DocuSign's review of calls.
    const { data } = await api.call<{ data: object[] }>(
      'GET',
      `/v1/teams/${connected.team}/calls?connection=${connected.id}`,
    );
    expect(data).toEqual([]);
  });
});

describe('a credential that has ended', () => {
  test('is tried as one that was removed, and removing it later begins nothing anew', async () => {
    const connected = await connect();
    taken.add(`${connected.secret}-new`);
    await api.call('PATCH', connected.path, {
      credentials: [{ name: 'new', fields: { token: `${connected.secret}-new` } }, { name: 'old' }],
    });
    expect(await run(connected)).toEqual([]);
    await database.pool.query(
      `UPDATE connection_credential SET expires_at = now() - interval '1 second' WHERE id = $1`,
      [uuidFromId(connected.credential)],
    );
    expect(await run(connected)).toMatchObject([{ name: 'old', state: 'outstanding', status: 200 }]);
    taken.delete(connected.secret);
    expect(await run(connected)).toMatchObject([{ name: 'old', state: 'refused' }]);
    await api.call('PATCH', connected.path, { credentials: [{ name: 'new' }] });
    expect(await run(connected)).toMatchObject([{ name: 'old', state: 'refused', tries: 2 }]);
  });
});

describe('closing probes', () => {
  test('are done by a worker, unasked', async () => {
    const connected = await connect();
    await replace(connected, true);
    await passDays(connected, 1);
    const other = await startPosthorn({
      dataFolder: join(folder, 'other'),
      env: {
        DATABASE_URL: databaseUrlOf(database.config),
        POSTHORN_MASTER_KEY_FILE: join(folder, 'data', 'master-key'),
      },
      deadlineMs: 150_000,
    });
    try {
      await expect.poll(() => probesOf(connected), { timeout: 60_000 }).toMatchObject([{ state: 'refused' }]);
    } finally {
      await other.end('SIGTERM');
    }
    expect(askedWith(connected.secret)).toHaveLength(1);
  }, 240_000);

  test('go with their connection, and with their team', async () => {
    const [one, other] = [await connect(), await connect()];
    for (const each of [one, other]) await replace(each, false);
    expect((await inDatabase(one)).length + (await inDatabase(other)).length).toBe(2);
    await api.call('DELETE', one.path);
    await api.call('DELETE', `/v1/teams/${other.team}`);
    expect([...(await inDatabase(one)), ...(await inDatabase(other))]).toEqual([]);
  });

  test('are shown and run from the command line, which exits with 1 until each is refused', async () => {
    const connected = await connect();
    expect(await probes(connected)).toEqual({ out: ['No credential of it was removed.'], exitCode: 0 });
    await replace(connected, false);
    expect(await probes(connected)).toMatchObject({ exitCode: 1, out: [expect.stringContaining('not tried yet')] });
    expect(await probes(connected, '--run')).toMatchObject({
      exitCode: 1,
      out: [expect.stringContaining('still takes it')],
    });
    taken.delete(connected.secret);
    expect(await probes(connected, '--run')).toMatchObject({
      exitCode: 0,
      out: [expect.stringMatching(/^old .*refused/)],
    });
  });

  test('show no secret, in no answer and in no line of the log', async () => {
    const connected = await connect();
    await replace(connected, false);
    const shown = JSON.stringify([await run(connected), await api.call('GET', connected.path)]);
    expect(shown).not.toContain('api_secret-number');
    expect(posthorn.output()).not.toContain('api_secret-number');
  });

  test('of another team are not there', async () => {
    const [one, other] = [await connect(), await connect()];
    const at = `/v1/teams/${other.team}/connections/${one.id}/closing-probes`;
    await expect(api.call('GET', at)).rejects.toThrow(/404|not_found|no connection/);
    await expect(api.call('POST', at)).rejects.toThrow(/404|not_found|no connection/);
  });
});
