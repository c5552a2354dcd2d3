/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { createTeamDirectory, type TeamDirectory } from './team-directory.ts';
import type { TeamSnapshot } from './team-snapshot.ts';

let api: TestApi;
let team: string;
let directory: TeamDirectory;
let nowMs: number;
let queries: string[];
let errors: unknown[];
const changed: string[] = [];

beforeEach(async () => {
  nowMs = Date.now();
  queries = [];
  errors = [];
  changed.length = 0;
  api = await createTestApi();
  team = await api.createTeam();
  const { pool } = api.database;
  const query = pool.query.bind(pool);
  pool.query = ((text: string, ...rest: never[]) => {
    queries.push(text);
    return query(text, ...rest);
  }) as typeof pool.query;
  directory = makeDirectory();
});
afterEach(async () => {
  await directory.stop();
  await api[Symbol.asyncDispose]();
});

function makeDirectory(more: { validateEveryMs?: number; mostTeams?: number } = {}): TeamDirectory {
  const made = createTeamDirectory({
    database: api.database.pool,
    connection: api.database.config,
    sealer: api.services.sealer,
    clock: { now: () => nowMs },
    onError: (error) => errors.push(error),
    ...more,
  });
  made.onChange((teamId) => changed.push(teamId));
  return made;
}

async function createEndpoint(eventTypes: string[], more: object = {}): Promise<{ id: string; secret: string }> {
  const body = { url: 'https://example.com/hook', eventTypes, ...more };
  return (await api.call('POST', `/v1/teams/${team}/endpoints`, { body })).body;
}

async function snapshot(of = directory): Promise<TeamSnapshot> {
  const found = await of.get(team);
  if (found === null) throw new Error('the team is gone');
  return found;
}

const ids = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id);

describe('a team snapshot', () => {
  test('has subscribers by name, by family and by star, paused and disabled ones too', async () => {
    const named = await createEndpoint(['invoice.paid']);
    const family = await createEndpoint(['invoice.*'], { status: 'paused' });
    const all = await createEndpoint(['*'], { status: 'disabled' });
    const operational = await createEndpoint(['posthorn.*']);
    const both = await createEndpoint(['*', 'posthorn.delivery.dead']);
    const found = await snapshot();
    expect(ids(found.subscribers('invoice.paid'))).toEqual([named.id, family.id, all.id, both.id]);
    expect(ids(found.subscribers('invoice.sent'))).toEqual([family.id, all.id, both.id]);
    expect(ids(found.subscribers('invoices'))).toEqual([all.id, both.id]);
    expect(ids(found.subscribers('posthorn.delivery.dead'))).toEqual([operational.id, both.id]);
    expect(ids(found.subscribers('posthorn.replay.finished'))).toEqual([operational.id]);
    expect(found.subscribers('invoice.paid')).toBe(found.subscribers('invoice.paid'));
  });

  test('has endpoints ready for use: secrets opened, headers flat, filter compiled', async () => {
    const { id, secret } = await createEndpoint(['*'], {
      headers: { 'X-Tenant': 'acme' },
      filter: { amount: { $gte: 100 } },
      rateLimit: { perSecond: 5 },
    });
    const endpoint = await directory.endpoint(team, id);
    expect(endpoint).toMatchObject({ teamId: team, id, eventTypes: null, secrets: [secret], ratePerSecond: 5 });
    expect(endpoint?.headers).toEqual(['x-tenant', 'acme']);
    expect([endpoint?.filter?.({ amount: 100 }), endpoint?.filter?.({ amount: 99 })]).toEqual([true, false]);
    expect(await directory.endpoint(team, 'ep_00000000000000000000000000')).toBeNull();
  });

  test("has the team's event types with their schemas, and none of Posthorn's own", async () => {
    const schema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
    await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'strict', schema } });
    await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'loose' } });
    const { eventTypes } = await snapshot();
    expect([...eventTypes.keys()].sort()).toEqual(['loose', 'strict']);
    expect(eventTypes.get('loose')?.validate).toBeNull();
    expect(eventTypes.get('strict')?.validate?.({ id: 'a' })).toBeNull();
    expect(eventTypes.get('strict')?.validate?.({ id: 1 })).toEqual([{ pointer: '/id', message: 'must be string' }]);
  });

  test('keeps the object of an endpoint that did not change', async () => {
    const [steady, moving] = [await createEndpoint(['*']), await createEndpoint(['*'])];
    const before = await snapshot();
    await api.call('PATCH', `/v1/teams/${team}/endpoints/${moving.id}`, { body: { concurrency: 2 } });
    const after = await directory.refresh(team);
    expect(after?.version).toBeGreaterThan(before.version);
    expect(after?.endpoints.get(steady.id)).toBe(before.endpoints.get(steady.id));
    expect(after?.endpoints.get(moving.id)).toMatchObject({ concurrency: 2 });
  });

  test('every change of configuration raises its version', async () => {
    const versions = [(await snapshot()).version];
    const look = async () => versions.push((await directory.refresh(team))?.version ?? 0);
    const { id } = await createEndpoint(['*']);
    await look();
    await api.call('POST', `/v1/teams/${team}/endpoints/${id}/secret/rotate`, { body: {} });
    await look();
    await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'a' } });
    await look();
    await api.call('PATCH', `/v1/teams/${team}`, { body: { name: 'Other' } });
    await look();
    await api.call('DELETE', `/v1/teams/${team}/endpoints/${id}`);
    await look();
    expect(versions).toEqual([...new Set(versions)].sort((left, right) => left - right));
  });
});

describe('the team directory', () => {
  test('answers at once what it knows, and reads a hundred first asks once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, async () => directory.get(team)));
    expect(new Set(all).size).toBe(1);
    expect(directory.get(team)).toBe(all[0]);
    expect(queries.filter((text) => text.includes('config_version'))).toHaveLength(1);
    expect(await directory.get('team_00000000000000000000000000')).toBeNull();
  });

  test('a refresh sees what was committed before it, although a read was under way', async () => {
    const early = directory.get(team);
    await createEndpoint(['*']);
    const [refreshed] = await Promise.all([directory.refresh(team), directory.refresh(team)]);
    expect(refreshed?.endpoints.size).toBe(1);
    await early;
    expect((await snapshot()).endpoints.size).toBe(1);
  });

  test('a change made elsewhere is heard of and read before anybody asks', async () => {
    directory.start();
    await vi.waitUntil(() => directory.listening);
    await snapshot();
    const { id } = await createEndpoint(['*']);
    await vi.waitUntil(() => {
      const known = directory.get(team);
      return !(known instanceof Promise) && known.endpoints.has(id);
    });
    expect(changed).toContain(team);
  });

  test('a killed connection is made again, and what was missed meanwhile is found', async () => {
    directory.start();
    await vi.waitUntil(() => directory.listening);
    await snapshot();
    const killed = await api.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'posthorn configuration'`,
    );
    expect(killed.rowCount).toBe(1);
    await vi.waitUntil(() => !directory.listening);
    const { id } = await createEndpoint(['*']);
    await vi.waitUntil(() => directory.listening);
    await vi.waitUntil(() => {
      const known = directory.get(team);
      return !(known instanceof Promise) && known.endpoints.has(id);
    });
    changed.length = 0;
    await createEndpoint(['*']);
    await vi.waitUntil(() => changed.includes(team));
    expect(errors.length).toBeGreaterThan(0);
  });

  test('without notifications a change is found by asking, with one query for all teams', async () => {
    directory = makeDirectory({ validateEveryMs: 20 });
    const other = await api.createTeam('Other');
    await Promise.all([directory.get(team), directory.get(other)]);
    await api.database.pool.query('ALTER TABLE endpoint DISABLE TRIGGER endpoint_changed');
    await api.database.pool.query('ALTER TABLE endpoint_secret DISABLE TRIGGER endpoint_secret_changed');
    await api.database.pool.query('ALTER TABLE team DISABLE TRIGGER team_changed');
    const { id } = await createEndpoint(['*']);
    await api.database.pool.query('UPDATE team SET config_version = config_version + 1');
    directory.start();
    queries.length = 0;
    await vi.waitUntil(() => {
      const known = directory.get(team);
      return !(known instanceof Promise) && known.endpoints.has(id);
    });
    expect(queries[0]).toContain('ANY ($1::uuid[])');
  });

  test('asks nothing while nobody uses a team', async () => {
    directory = makeDirectory({ validateEveryMs: 5 });
    await snapshot();
    directory.start();
    await vi.waitUntil(() => directory.listening);
    nowMs += 60_000;
    queries.length = 0;
    const until = performance.now() + 100;
    await vi.waitUntil(() => performance.now() > until);
    expect(queries).toEqual([]);
    // Too old to be believed: the next use reads again.
    expect(directory.get(team)).toBeInstanceOf(Promise);
  });

  test('is read again when the first secret of a rotation has expired', async () => {
    const { id, secret } = await createEndpoint(['*']);
    const rotated = await api.call('POST', `/v1/teams/${team}/endpoints/${id}/secret/rotate`, {
      body: { overlapSeconds: 1 },
    });
    const before = await snapshot();
    expect(before.endpoints.get(id)?.secrets).toEqual([rotated.body.secret, secret]);
    expect(before.validUntilMs).toBe(Date.parse(rotated.body.secrets[1].expiresAt));
    nowMs = (before.validUntilMs ?? 0) - 1;
    expect(directory.get(team)).toBe(before);
    nowMs += 1;
    expect(directory.get(team)).toBeInstanceOf(Promise);
    await vi.waitUntil(async () => (await snapshot()).endpoints.get(id)?.secrets.length === 1, { timeout: 5000 });
    expect((await snapshot()).endpoints.get(id)?.secrets).toEqual([rotated.body.secret]);
  });

  test('forgets a deleted team, and keeps no more teams than it may', async () => {
    directory = makeDirectory({ mostTeams: 2 });
    await snapshot();
    for (const name of ['a', 'b']) {
      nowMs += 1;
      await directory.get(await api.createTeam(name));
    }
    expect(directory.get(team)).toBeInstanceOf(Promise);
    await api.call('DELETE', `/v1/teams/${team}`);
    expect(await directory.refresh(team)).toBeNull();
  });

  test('says that the database is away, and comes back by itself', async () => {
    const { pool } = api.database;
    const query = pool.query.bind(pool);
    pool.query = () => Promise.reject(Object.assign(new Error('down'), { code: 'ECONNREFUSED' }));
    await expect(directory.get(team)).rejects.toThrow('down');
    pool.query = query;
    expect((await snapshot()).teamId).toBe(team);
  });
});
