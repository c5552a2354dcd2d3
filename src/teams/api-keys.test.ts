/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { describe, expect, test } from 'vitest';
import { createTestApi } from '../../tests/support/configuration-api.ts';

const hour = 3_600_000;

describe('api keys', () => {
  test('a key is shown once: nothing else in the API, the database or the log holds it', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const created = await api.call('POST', `/v1/teams/${team}/api-keys`, {
      body: { name: 'billing', permissions: ['events:write'] },
    });
    expect(created.status).toBe(201);
    expect(created.headers['cache-control']).toBe('no-store');
    const { key, ...rest } = created.body;
    expect(key).toMatch(/^phk_[0-9a-z]{26}_[A-Za-z0-9_-]{43}$/);
    const list = await api.call('GET', `/v1/teams/${team}/api-keys`);
    expect(list.body).toEqual({ data: [rest], nextCursor: null });
    const { rows } = await api.database.pool.query('SELECT * FROM api_key');
    const secret = key.slice(-43);
    expect(JSON.stringify([rows, list.body, api.logged])).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(secret).toString('hex'));
  });

  test('a key ends with its time, at once and without another query', async () => {
    let nowMs = Date.now();
    await using api = await createTestApi({ clock: { now: () => nowMs } });
    const team = await api.createTeam();
    const expiresAt = new Date(nowMs + hour).toISOString();
    const { key } = await api.createKey(team, ['teams:read'], { expiresAt });
    expect((await api.call('GET', `/v1/teams/${team}`, { key })).status).toBe(200);
    nowMs += hour;
    expect((await api.call('GET', `/v1/teams/${team}`, { key })).status).toBe(401);
    const past = { name: 'late', permissions: ['*'], expiresAt };
    const refused = await api.call('POST', `/v1/teams/${team}/api-keys`, { body: past });
    expect(refused.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/expiresAt' }] });
  });

  test('a revoked key is believed for 30 seconds at the most, and not at all once the node has heard', async () => {
    let nowMs = Date.now();
    await using api = await createTestApi({ clock: { now: () => nowMs } });
    const team = await api.createTeam();
    const [unheard, heard] = [await api.createKey(team, ['*']), await api.createKey(team, ['*'])];
    const status = async ({ key }: { key: string }) => (await api.call('GET', `/v1/teams/${team}`, { key })).status;
    expect([await status(unheard), await status(heard)]).toEqual([200, 200]);
    const revoked = await api.call('DELETE', `/v1/teams/${team}/api-keys/${heard.id}`);
    expect(revoked.status).toBe(204);
    api.apiKeys.forgetTeam(team);
    expect(await status(heard)).toBe(401);
    await api.call('DELETE', `/v1/teams/${team}/api-keys/${unheard.id}`);
    nowMs += 30_000;
    expect(await status(unheard)).toBe(401);
    expect((await api.call('DELETE', `/v1/teams/${team}/api-keys/${heard.id}`)).status).toBe(404);
  });

  test('deleting a team ends its keys', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const { key } = await api.createKey(team, ['*']);
    expect((await api.call('DELETE', `/v1/teams/${team}`)).status).toBe(204);
    expect((await api.call('GET', `/v1/teams/${team}`, { key })).status).toBe(401);
    expect((await api.call('GET', `/v1/teams/${team}`)).status).toBe(404);
    for (const list of ['api-keys', 'event-types', 'endpoints']) {
      expect((await api.call('GET', `/v1/teams/${team}/${list}`)).status).toBe(404);
    }
  });

  test('a key cannot grant what it does not hold', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const { key } = await api.createKey(team, ['keys:write', 'events:read']);
    const make = async (permissions: string[]) => {
      return (await api.call('POST', `/v1/teams/${team}/api-keys`, { key, body: { name: 'child', permissions } }))
        .status;
    };
    expect(await make(['events:read'])).toBe(201);
    expect(await make(['events:read', 'endpoints:read'])).toBe(403);
    expect(await make(['*'])).toBe(403);
    expect(await make(['no:such'])).toBe(400);
    expect(await make([])).toBe(400);
  });

  test('a key may hold one connection, and give that one and no other', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const [one, other] = ['con_01kajxkkj8ffkr1g8xs6a3ek0r', 'con_01kajxkkj8ffkr1g8xs6a3ek0s'] as const;
    const make = (permissions: string[], key = api.operatorKey) => {
      return api.call('POST', `/v1/teams/${team}/api-keys`, { key, body: { name: 'child', permissions } });
    };
    const made = await make(['keys:write', `connections:call:${one}`]);
    expect(made.body.permissions).toEqual([`connections:call:${one}`, 'keys:write']);
    const { key } = made.body;
    expect((await make([`connections:call:${one}`], key)).status).toBe(201);
    for (const beyond of [`connections:call:${other}`, 'connections:call', '*', 'connections:read']) {
      const refused = await make([beyond], key);
      expect(refused.body).toMatchObject({ code: 'forbidden', detail: expect.stringContaining(`"${beyond}"`) });
    }
    const all = (await make(['keys:write', 'connections:call'])).body.key;
    expect((await make([`connections:call:${one}`, `connections:call:${other}`], all)).status).toBe(201);
    for (const odd of ['connections:call:', 'connections:call:*', `connections:call:${one}x`, `calls:read:${one}`]) {
      expect((await make([odd])).body, odd).toMatchObject({
        code: 'invalid_request',
        errors: [{ pointer: '/permissions/0' }, { pointer: '/permissions/0' }],
      });
    }
  });

  test('each key has its own rate, with a second of burst', async () => {
    let nowMs = Date.now();
    await using api = await createTestApi({ clock: { now: () => nowMs }, requestsPerSecond: 5 });
    const team = await api.createTeam();
    const [busy, calm] = [await api.createKey(team, ['*']), await api.createKey(team, ['*'])];
    const statuses = async (count: number) => {
      const all: number[] = [];
      for (let index = 0; index < count; index += 1) {
        all.push((await api.call('GET', `/v1/teams/${team}`, { key: busy.key })).status);
      }
      return all;
    };
    expect(await statuses(7)).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect((await api.call('GET', `/v1/teams/${team}`, { key: calm.key })).status).toBe(200);
    nowMs += 400;
    expect(await statuses(3)).toEqual([200, 200, 429]);
    const refused = await api.call('GET', `/v1/teams/${team}`, { key: busy.key });
    expect(refused.headers['retry-after']).toBe('1');
    // Asking the database again in between gives no new burst.
    api.apiKeys.forgetAll();
    expect(await statuses(1)).toEqual([429]);
  });

  test('guessing keys soon costs no query any more, and keys that are known go on', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const { key } = await api.createKey(team, ['*']);
    await api.call('GET', `/v1/teams/${team}`, { key });
    const guess = (index: number) => `${key.slice(0, -6)}${String(index).padStart(6, '0')}`;
    const statuses: number[] = [];
    for (let index = 0; index < 80; index += 1) {
      statuses.push((await api.call('GET', `/v1/teams/${team}`, { key: guess(index) })).status);
    }
    expect(statuses.slice(0, 50).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(60).filter((status) => status === 429).length).toBeGreaterThan(10);
    api.apiKeys.forgetAll();
    expect((await api.call('GET', `/v1/teams/${team}`, { key })).status).toBe(200);
  });

  test('a hundred first requests of one key share one query', async () => {
    await using api = await createTestApi();
    const team = await api.createTeam();
    const { key } = await api.createKey(team, ['*']);
    let queries = 0;
    const { pool } = api.database;
    const query = pool.query.bind(pool);
    pool.query = ((statement: string | { text: string }, ...rest: never[]) => {
      if ((typeof statement === 'string' ? statement : statement.text).includes('key_hash')) queries += 1;
      return query(statement as string, ...rest);
    }) as typeof pool.query;
    const all = await Promise.all(Array.from({ length: 100 }, () => api.call('GET', `/v1/teams/${team}`, { key })));
    expect(all.every(({ status }) => status === 200)).toBe(true);
    expect(queries).toBe(1);
  });
});
