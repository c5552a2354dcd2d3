/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createSourcesStand, secret } from '../../tests/support/sources-stand.ts';
import { allProfiles } from '../providers/registry.ts';
import { readAllSources, readTeamSources } from './source-snapshot.store.ts';

const stand = createSourcesStand();
const { changed, config, create, created, inSeconds } = stand;
let api: TestApi;
let team: string;
let path: string;

beforeAll(async () => {
  api = await stand.open();
});
beforeEach(async () => {
  ({ team, path } = await stand.newTeam());
});
afterAll(() => stand.close());

describe('the sources of a team', () => {
  test("registers the provider's event types once, and leaves alone what the team has", async () => {
    const types = `/v1/teams/${team}/event-types`;
    await api.call('POST', types, { body: { name: 'DOCUMENT_SIGNED', description: 'our own words' } });
    await created();
    await created();
    const { data } = (await api.call('GET', `${types}?limit=500`)).body;
    const own = data.filter(({ operational }: { operational: boolean }) => !operational);
    const known = allProfiles().find(({ name }) => name === 'documenso')!.eventTypes;
    const expected = known.map(({ name, description }) => [
      name,
      name === 'DOCUMENT_SIGNED' ? 'our own words' : description,
    ]);
    expect(
      new Map(own.map(({ name, description }: { name: string; description: string }) => [name, description])),
    ).toEqual(new Map(expected as [string, string][]));
  });

  test('a team that would have too many event types gets none of them, and no source', async () => {
    const uuid = `(SELECT id FROM team ORDER BY created_at DESC LIMIT 1)`;
    const types = `SELECT count(*)::int AS n FROM event_type WHERE team_id = ${uuid}`;
    await api.database.pool.query(
      `INSERT INTO event_type (team_id, name) SELECT ${uuid}, 't' || n FROM generate_series(1, 995) n`,
    );
    expect((await create()).body.code).toBe('limit_reached');
    expect((await api.database.pool.query(types)).rows).toEqual([{ n: 995 }]);
    expect((await api.call('GET', path)).body.data).toEqual([]);
  });

  test('every change raises the version of the configuration, and what traffic writes does not', async () => {
    const version = async (): Promise<number> => {
      const { rows } = await api.database.pool.query<{ v: string }>(
        'SELECT max(config_version) AS v FROM team WHERE name = $1',
        ['Versioned'],
      );
      return Number(rows[0]?.v);
    };
    ({ team, path } = await stand.newTeam('Versioned'));
    const seen = [await version()];
    const { id } = await created();
    seen.push(await version());
    await changed(id, { status: 'paused' });
    seen.push(await version());
    await changed(id, { credentials: [{ name: '1', expiresAt: inSeconds(60) }] });
    seen.push(await version());
    await api.database.pool.query('UPDATE source_credential SET expires_at = NULL');
    seen.push(await version());
    await api.database.pool.query(
      `INSERT INTO source_activity (team_id, source_id, received) SELECT team_id, id, 1 FROM source`,
    );
    expect(await version()).toBe(seen.at(-1));
    await api.call('DELETE', `${path}/${id}`);
    seen.push(await version());
    expect(seen).toEqual([...new Set(seen)].toSorted((one, other) => one - other));
  });

  test('a deleted source is gone from the API and from what nodes read, and its secrets from the database', async () => {
    const { id } = await created();
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const answer = await api.call(method, `${path}/${id}`, method === 'PATCH' ? { body: {} } : {});
      expect(answer.body.code, method).toBe('not_found');
    }
    expect((await api.call('GET', `${path}/${id}/rejections`)).body.code).toBe('not_found');
    expect((await api.call('GET', path)).body.data).toEqual([]);
    expect(await readTeamSources(api.database.pool, team)).toEqual([]);
    expect((await readAllSources(api.database.pool)).map((row) => row.id)).not.toContain(id);
    const left = await api.database.pool.query(
      `SELECT deleted_at, (SELECT count(*)::int FROM source_credential c WHERE c.source_id = s.id) AS secrets
         FROM source s ORDER BY id DESC LIMIT 1`,
    );
    expect(left.rows).toEqual([{ deleted_at: expect.any(Date), secrets: 0 }]);
  });

  test('the sources of a deleted team are no longer read by nodes', async () => {
    const { id } = await created();
    const known = async () => (await readAllSources(api.database.pool)).map((row) => row.id);
    expect(await known()).toContain(id);
    await api.call('DELETE', `/v1/teams/${team}`);
    expect(await known()).not.toContain(id);
    expect(await readTeamSources(api.database.pool, team)).toEqual([]);
  });

  test('lists are paged, newest first, and show no other team', async () => {
    const other = await api.createTeam('Other');
    const body = { provider: 'documenso', name: 'theirs', credentials: [{ value: secret }] };
    await api.call('POST', `/v1/teams/${other}/sources`, { body });
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.unshift((await created()).id);
    const first = (await api.call('GET', `${path}?limit=2`)).body;
    const second = (await api.call('GET', `${path}?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect((await api.call('GET', `${path}?cursor=${first.nextCursor}x`)).body.code).toBe('invalid_cursor');
  });

  test('a source of another team is not found, whoever asks', async () => {
    const { id } = await created();
    const other = await api.createTeam('Other');
    const mine = await api.createKey(team, ['*']);
    const theirs = await api.createKey(other, ['*']);
    const routes = [
      ['GET', `/${id}`],
      ['GET', `/${id}/rejections`],
      ['PATCH', `/${id}`],
      ['DELETE', `/${id}`],
    ] as const;
    for (const [method, rest] of routes) {
      const options = method === 'PATCH' ? { body: { name: 'stolen' } } : {};
      const [foreignKey, foreignPath, foreignBoth] = [
        await api.call(method, path + rest, { ...options, key: theirs.key }),
        await api.call(method, `/v1/teams/${other}/sources${rest}`, { ...options, key: mine.key }),
        await api.call(method, `/v1/teams/${other}/sources${rest}`, { ...options, key: theirs.key }),
      ];
      expect([foreignKey.status, foreignPath.status, foreignBoth.status], method + rest).toEqual([404, 404, 404]);
      expect(JSON.stringify([foreignKey.body, foreignPath.body])).not.toContain('Contracts');
    }
    expect((await api.call('GET', `${path}/${id}`, { key: mine.key })).body.name).toBe('Contracts');
  });

  test('reading and writing are permissions of their own', async () => {
    const { id } = await created();
    const { key: reads } = await api.createKey(team, ['sources:read']);
    const { key: writes } = await api.createKey(team, ['sources:write']);
    const { key: neither } = await api.createKey(team, ['endpoints:read', 'endpoints:write', 'events:write']);
    const readable = [path, `${path}/${id}`, `${path}/${id}/rejections`, `/v1/teams/${team}/providers`];
    const status = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', at: string, key: string) =>
      (await api.call(method, at, { key, ...(method === 'GET' ? {} : { body: {} }) })).status;
    for (const at of readable) {
      expect([await status('GET', at, reads), await status('GET', at, writes)], at).toEqual([200, 403]);
      expect(await status('GET', at, neither), at).toBe(403);
    }
    for (const key of [reads, neither]) {
      expect(await status('POST', path, key)).toBe(403);
      expect(await status('PATCH', `${path}/${id}`, key)).toBe(403);
      expect(await status('DELETE', `${path}/${id}`, key)).toBe(403);
    }
    expect(await status('PATCH', `${path}/${id}`, writes)).toBe(200);
  });

  test('changes at the same time take turns: none is lost and nothing deadlocks', async () => {
    const { id } = await created();
    const changes = [
      { name: 'Renamed' },
      { status: 'paused' },
      { rateLimit: { perSecond: 7 } },
      { allowAddresses: ['10.0.0.0/8'] },
      { bodyMaxBytes: 2_000 },
      { dedupeWindowSeconds: 70 },
      { credentials: [{ name: '1' }, { name: '2', value: `${secret}-2` }] },
      { acceptUncovered: true },
    ];
    const all = await Promise.all(changes.map((body) => api.call('PATCH', `${path}/${id}`, { body })));
    expect(all.map(({ status }) => status)).toEqual(changes.map(() => 200));
    const { body } = await api.call('GET', `${path}/${id}`);
    expect(body).toMatchObject({ ...Object.assign({}, ...changes), credentials: [{ name: '1' }, { name: '2' }] });
  });

  test('a team has at most 200, however many are made at the same time', async () => {
    await created();
    await api.database.pool.query(
      `INSERT INTO source (team_id, id, provider, name)
         SELECT team_id, gen_random_uuid(), provider, name FROM (SELECT * FROM source ORDER BY id DESC LIMIT 1) s, generate_series(1, 198)`,
    );
    const last = await Promise.all([create(), create(), create()]);
    expect(last.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(last.filter(({ body }) => body.code === 'limit_reached')).toHaveLength(2);
  });

  test('a source of a provider that this release does not know is shown, and cannot be changed', async () => {
    const { id } = await created();
    await api.database.pool.query(
      `UPDATE source SET provider = 'from-the-future', options = '{"x":1}' WHERE name = 'Contracts'`,
    );
    const shown = await api.call('GET', `${path}/${id}`);
    expect(shown.body).toMatchObject({ provider: 'from-the-future', coverage: null, options: { x: 1 } });
    const change = await api.call('PATCH', `${path}/${id}`, { body: { name: 'x' } });
    expect(change.body.code).toBe('unknown_provider');
    await expect(config(id)).rejects.toThrow(`source ${id} is of the provider from-the-future`);
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(204);
  });
});
