/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthentication } from '../../src/http/authentication.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createApiKeyDirectory } from '../../src/teams/api-key-directory.ts';
import { createApiKeyUse } from '../../src/teams/api-key-use.ts';
import { createManualTimers } from '../support/manual-timers.ts';
import { type MembersStand, openMembersStand } from './members-stand.ts';

let stand: MembersStand;
let team: string;
beforeAll(async () => {
  stand = await openMembersStand();
});
beforeEach(async () => {
  team = await stand.createTeam();
});
afterAll(() => stand[Symbol.asyncDispose]());

const members = (path = '') => `/v1/teams/${team}/members${path}`;
const makeKey = (body: object, key = stand.operatorKey) =>
  stand.call('POST', `/v1/teams/${team}/api-keys`, { key, body: { name: 'laptop', permissions: ['*'], ...body } });

/** Another node on the same database, which nobody tells of changes. */
async function openNode(more: Partial<Parameters<typeof createAuthentication>[0]> = {}) {
  const { clock, database } = stand.services;
  const apiKeys = createApiKeyDirectory({ database, clock });
  const quiet = (): void => undefined;
  const app = await createHttpServer({
    authentication: createAuthentication({ operatorKey: 'none', apiKeys, clock, requestsPerSecond: null, ...more }),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.0.0',
  });
  for (const permission of ['teams:read', 'endpoints:write', 'audit:read'] as const) {
    const url = `/v1/teams/:team/${permission.replace(':', '-')}`;
    app.get(url, { config: { permission } }, ({ actor }) => JSON.stringify(actor));
  }
  await app.ready();
  const ask = async (key: string, permission: string, count = 1) => {
    const url = `/v1/teams/${team}/${permission.replace(':', '-')}`;
    const all = await Promise.all(
      Array.from({ length: count }, () => app.inject({ url, headers: { authorization: `Bearer ${key}` } })),
    );
    return all.map(({ statusCode }) => statusCode);
  };
  return { ask, app, [Symbol.asyncDispose]: () => app.close() };
}

describe("a member's key", () => {
  test('tells whose it is, and acts as that member with that role', async () => {
    const id = await stand.addMember(team, 'auditor');
    const { key } = await stand.keyOf(team, id, ['teams:read']);
    await using node = await openNode();
    const headers = { authorization: `Bearer ${key}` };
    const answer = await node.app.inject({ url: `/v1/teams/${team}/teams-read`, headers });
    expect(answer.json()).toMatchObject({ kind: 'api-key', memberId: id, role: 'auditor' });
    const list = await stand.call('GET', `/v1/teams/${team}/api-keys`);
    expect(list.body.data).toMatchObject([{ memberId: id, permissions: ['teams:read'] }]);
  });

  test('is not given more than the role grants, whoever gives it', async () => {
    const id = await stand.addMember(team, 'viewer');
    const refused = await makeKey({ memberId: id, permissions: ['teams:read', 'endpoints:write'] });
    expect(refused.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/permissions/1' }] });
    const one = 'connections:call:con_01kajxkkj8ffkr1g8xs6a3ek0r';
    expect((await makeKey({ memberId: id, permissions: [one] })).status).toBe(400);
    expect((await makeKey({ memberId: id, permissions: ['teams:read'] })).status).toBe(201);
    const stranger = await stand.addMember(await stand.createTeam(), 'viewer');
    expect((await makeKey({ memberId: stranger })).status).toBe(404);
    expect((await makeKey({ memberId: 'mem_x' })).status).toBe(404);
  });

  test('is made by the operator, by whoever holds all of the role, and by no machine', async () => {
    const [owner, admin, viewer] = [
      await stand.addMember(team, 'owner'),
      await stand.addMember(team, 'admin'),
      await stand.addMember(team, 'viewer'),
    ];
    const ofAdmin = (await stand.keyOf(team, admin)).key;
    expect((await makeKey({ memberId: viewer }, ofAdmin)).status).toBe(201);
    expect((await makeKey({ memberId: owner, permissions: ['teams:read'] }, ofAdmin)).status).toBe(403);
    expect((await makeKey({}, ofAdmin)).status).toBe(403);
    const narrow = (await stand.keyOf(team, admin, ['keys:write', 'teams:read'])).key;
    expect((await makeKey({ memberId: viewer, permissions: ['teams:read'] }, narrow)).status).toBe(403);
    expect((await makeKey({ memberId: admin, permissions: ['teams:read'] }, narrow)).status).toBe(201);
    expect((await makeKey({ memberId: admin }, narrow)).status).toBe(403);
    const machine = (await stand.createKey(team, ['*'])).key;
    expect((await makeKey({ memberId: viewer, permissions: ['teams:read'] }, machine)).status).toBe(403);
  });

  test('follows the role of its member at once, on nodes that hear of nothing', async () => {
    await stand.addMember(team, 'owner');
    const id = await stand.addMember(team, 'developer');
    const { key } = await stand.keyOf(team, id);
    await using node = await openNode();
    expect(await node.ask(key, 'endpoints:write', 20)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(await node.ask(key, 'audit:read')).toEqual([403]);
    await stand.call('PATCH', members(`/${id}`), { body: { role: 'auditor' } });
    expect(await node.ask(key, 'endpoints:write', 20)).toEqual(Array.from({ length: 20 }, () => 403));
    expect(await node.ask(key, 'audit:read')).toEqual([200]);
    await stand.call('DELETE', members(`/${id}`));
    expect(await node.ask(key, 'teams:read', 20)).toEqual(Array.from({ length: 20 }, () => 401));
  });

  test('keeps its own rate, although the database is asked each time', async () => {
    const { key } = await stand.keyOf(team, await stand.addMember(team, 'viewer'));
    const nowMs = Date.now();
    await using node = await openNode({ requestsPerSecond: 3, clock: { now: () => nowMs } });
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) statuses.push(...(await node.ask(key, 'teams:read')));
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  test('ends with the removal, in whatever order a new one is made at the same time', async () => {
    await stand.addMember(team, 'owner');
    for (let round = 0; round < 5; round += 1) {
      const id = await stand.addMember(team, 'admin');
      const before = await stand.keyOf(team, id);
      const [made] = await Promise.all([makeKey({ memberId: id }), stand.call('DELETE', members(`/${id}`))]);
      const keys = [before.key, ...(made.status === 201 ? [made.body.key] : [])];
      for (const key of keys) expect((await stand.call('GET', `/v1/teams/${team}`, { key })).status).toBe(401);
      const { data } = (await stand.call('GET', `/v1/teams/${team}/api-keys`)).body;
      const left = data.filter(
        (each: { memberId: string; revokedAt: string | null }) => each.memberId === id && each.revokedAt === null,
      );
      expect(left).toEqual([]);
    }
  });

  test('of a machine outlives whoever made it', async () => {
    await stand.addMember(team, 'owner');
    const id = await stand.addMember(team, 'admin');
    const { key: ofAdmin } = await stand.keyOf(team, id);
    const machine = (await makeKey({ permissions: ['teams:read'] }, ofAdmin)).body;
    expect(machine.memberId).toBeNull();
    await stand.call('DELETE', members(`/${id}`));
    expect((await stand.call('GET', `/v1/teams/${team}`, { key: machine.key })).status).toBe(200);
  });
});

describe('when a key was used last', () => {
  async function openUse(ofDatabase = stand.database.pool) {
    const timers = createManualTimers();
    let nowMs = Date.parse('2026-08-01T10:20:00Z');
    const errors: unknown[] = [];
    const use = createApiKeyUse({
      database: ofDatabase,
      clock: { now: () => nowMs },
      timers,
      onError: (error) => void errors.push(error),
    });
    use.start();
    return { use, timers, errors, pass: (ms: number) => void (nowMs += ms) };
  }
  const lastUsed = async (): Promise<Record<string, string | null>> => {
    const { data } = (await stand.call('GET', `/v1/teams/${team}/api-keys`)).body;
    return Object.fromEntries(
      data.map((each: { id: string; lastUsedAt: string | null }) => [each.id, each.lastUsedAt]),
    );
  };

  test('is known to the hour, for keys of machines and of members', async () => {
    const { use, pass } = await openUse();
    await using node = await openNode({ apiKeyUse: use });
    const [machine, unused] = [await stand.createKey(team, ['teams:read']), await stand.createKey(team, ['*'])];
    const person = await stand.keyOf(team, await stand.addMember(team, 'viewer'));
    await node.ask(machine.key, 'teams:read');
    await node.ask(person.key, 'audit:read');
    pass(59 * 60_000);
    await node.ask(machine.key, 'teams:read');
    await use.stop();
    const at = '2026-08-01T10:20:00.000Z';
    expect(await lastUsed()).toEqual({ [machine.id]: at, [person.id]: at, [unused.id]: null });
    pass(60_000);
    await node.ask(machine.key, 'teams:read');
    await use.stop();
    expect((await lastUsed())[machine.id]).toBe('2026-08-01T11:20:00.000Z');
  });

  test('is written in one statement for many keys, and never back in time', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => stand.createKey(team, ['*'])));
    const [early, late] = [await openUse(), await openUse()];
    late.pass(3_600_000);
    let queries = 0;
    const { pool } = stand.database;
    const counting = new Proxy(pool, {
      get: (target, name) => {
        if (name !== 'query') return Reflect.get(target, name) as unknown;
        return (...given: Parameters<typeof pool.query>) => {
          queries += 1;
          return target.query(...given);
        };
      },
    });
    const counted = await openUse(counting);
    for (const { id } of keys) for (const each of [late, early, counted]) each.use.used({ teamId: team, apiKeyId: id });
    await late.use.stop();
    await early.use.stop();
    await counted.use.stop();
    expect(queries).toBe(1);
    expect(new Set(Object.values(await lastUsed()))).toEqual(new Set(['2026-08-01T11:20:00.000Z']));
  });

  test('survives a database that is away', async () => {
    const { id } = await stand.createKey(team, ['*']);
    let away = true;
    const { pool } = stand.database;
    const broken = new Proxy(pool, {
      get: (target, name) => {
        if (name !== 'query') return Reflect.get(target, name) as unknown;
        return (...given: Parameters<typeof pool.query>) =>
          away ? Promise.reject(new Error('away')) : target.query(...given);
      },
    });
    const { use, errors } = await openUse(broken);
    use.used({ teamId: team, apiKeyId: id });
    await use.stop();
    expect(errors).toHaveLength(1);
    away = false;
    await use.stop();
    expect((await lastUsed())[id]).toBe('2026-08-01T10:20:00.000Z');
  });
});
