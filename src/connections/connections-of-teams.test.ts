/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand, token } from '../../tests/support/connections-stand.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { readAllConnections, readTeamConnections } from './connection-snapshot.store.ts';

const stand = createConnectionsStand();
const { change, changed, config, create, created } = stand;
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

describe('the connections of a team', () => {
  test('every change raises the version of the configuration, and what calls write does not', async () => {
    const version = async (): Promise<number> => {
      const { rows } = await api.database.pool.query<{ v: string }>(
        'SELECT config_version AS v FROM team WHERE id = $1',
        [uuidFromId(team)],
      );
      return Number(rows[0]?.v);
    };
    const seen = [await version()];
    const { id, credentials } = await created();
    seen.push(await version());
    await changed(id, { status: 'paused' });
    seen.push(await version());
    await changed(id, { credentials: [{ name: '1' }, { name: '2', fields: { token } }] });
    seen.push(await version());
    await api.call('DELETE', `${path}/${id}`);
    seen.push(await version());
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(new Set(seen).size).toBe(seen.length);
    await api.database.pool.query(
      `INSERT INTO connection_credential_use VALUES ($1, $2, $3, now(), 1, now())`,
      [team, id, credentials[0].id].map(uuidFromId),
    );
    expect(await version()).toBe(seen.at(-1));
  });

  test('one that is deleted is gone with its credentials and their use; its row stays for what was called', async () => {
    const { id } = await created();
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(204);
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(404);
    expect((await api.call('GET', `${path}/${id}`)).status).toBe(404);
    expect((await change(id, { name: 'x' })).status).toBe(404);
    expect(await readTeamConnections(api.database.pool, team)).toEqual([]);
    const left = await api.database.pool.query(
      `SELECT deleted_at, (SELECT count(*)::int FROM connection_credential k WHERE k.connection_id = c.id) AS secrets
         FROM connection c WHERE id = $1`,
      [uuidFromId(id)],
    );
    expect(left.rows).toEqual([{ deleted_at: expect.any(Date), secrets: 0 }]);
  });

  test('those of a deleted team are no longer read by nodes, and their credentials are gone', async () => {
    const { id, credentials } = await created();
    await api.database.pool.query(
      `INSERT INTO connection_credential_use VALUES ($1, $2, $3, now(), 1, now())`,
      [team, id, credentials[0].id].map(uuidFromId),
    );
    const known = async () => (await readAllConnections(api.database.pool)).map((row) => row.id);
    expect(await known()).toContain(id);
    await api.call('DELETE', `/v1/teams/${team}`);
    expect(await known()).not.toContain(id);
    for (const table of ['connection_credential', 'connection_credential_use']) {
      const left = await api.database.pool.query(`SELECT FROM ${table} WHERE team_id = $1`, [uuidFromId(team)]);
      expect(left.rows, table).toEqual([]);
    }
  });

  test('lists are paged, newest first, and show no other team', async () => {
    const other = await api.createTeam('Other');
    const body = {
      provider: 'documenso',
      environment: 'production',
      name: 'theirs',
      credentials: [{ fields: { token } }],
    };
    expect((await api.call('POST', `/v1/teams/${other}/connections`, { body })).status).toBe(201);
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) ids.unshift((await created()).id);
    const first = (await api.call('GET', `${path}?limit=2`)).body;
    const second = (await api.call('GET', `${path}?limit=2&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...second.data].map(({ id }: { id: string }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect((await api.call('GET', `${path}?cursor=${first.nextCursor}x`)).body.code).toBe('invalid_cursor');
  });

  test('a connection of another team is not found, whoever asks', async () => {
    const { id } = await created();
    const other = await api.createTeam('Other');
    const mine = await api.createKey(team, ['*']);
    const theirs = await api.createKey(other, ['*']);
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const options = method === 'PATCH' ? { body: { name: 'stolen' } } : {};
      const answers = [
        await api.call(method, `${path}/${id}`, { ...options, key: theirs.key }),
        await api.call(method, `/v1/teams/${other}/connections/${id}`, { ...options, key: mine.key }),
        await api.call(method, `/v1/teams/${other}/connections/${id}`, { ...options, key: theirs.key }),
      ];
      expect(
        answers.map(({ status }) => status),
        method,
      ).toEqual([404, 404, 404]);
      expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('Contracts');
    }
    expect((await api.call('GET', `${path}/${id}`, { key: mine.key })).body.name).toBe('Contracts');
  });

  test('reading, writing and calling are permissions of their own', async () => {
    const { id } = await created();
    const { key: reads } = await api.createKey(team, ['connections:read']);
    const { key: writes } = await api.createKey(team, ['connections:write']);
    const { key: calls } = await api.createKey(team, ['connections:call', `connections:call:${id}`, 'sources:write']);
    const status = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', at: string, key: string) =>
      (await api.call(method, at, { key, ...(method === 'GET' ? {} : { body: {} }) })).status;
    for (const at of [path, `${path}/${id}`, `/v1/teams/${team}/api-providers`]) {
      expect([await status('GET', at, reads), await status('GET', at, writes)], at).toEqual([200, 403]);
      expect(await status('GET', at, calls), at).toBe(403);
    }
    for (const key of [reads, calls]) {
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
      { archive: true },
      { baseUrl: 'https://app.documenso.com/x' },
      { credentials: [{ name: '2', fields: { token } }, { name: '1' }] },
      { policy: { retries: { most: 0 } } },
      { policy: { timeouts: { idleMs: 5_000 } } },
    ];
    const all = await Promise.all(changes.map((body) => change(id, body)));
    expect(all.map(({ status }) => status)).toEqual(changes.map(() => 200));
    expect((await api.call('GET', `${path}/${id}`)).body).toMatchObject({
      name: 'Renamed',
      status: 'paused',
      archive: true,
      baseUrl: 'https://app.documenso.com/x',
      credentials: [{ name: '2' }, { name: '1' }],
      policy: { retries: { most: 0 }, timeouts: { idleMs: 5_000 } },
    });
  });

  test('a team has at most 200, however many are made at the same time', async () => {
    const { id } = await created();
    await api.database.pool.query(
      `INSERT INTO connection (team_id, id, provider, name, environment)
         SELECT team_id, gen_random_uuid(), provider, name, environment FROM connection, generate_series(1, 198)
           WHERE id = $1`,
      [uuidFromId(id)],
    );
    const last = await Promise.all([create(), create(), create()]);
    expect(last.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(last.filter(({ body }) => body.code === 'limit_reached')).toHaveLength(2);
  });

  test('one of a provider that this release does not know is shown, and cannot be changed or called', async () => {
    const { id } = await created();
    await api.database.pool.query(
      `UPDATE connection SET provider = 'from-the-future', options = '{"x":1}' WHERE id = $1`,
      [uuidFromId(id)],
    );
    const shown = await api.call('GET', `${path}/${id}`);
    expect(shown.body).toMatchObject({ provider: 'from-the-future', baseUrl: null, options: { x: 1 } });
    expect((await change(id, { name: 'x' })).body.code).toBe('unknown_provider');
    await expect(config(id)).rejects.toThrow(`connection ${id} is of the provider from-the-future`);
    expect((await api.call('DELETE', `${path}/${id}`)).status).toBe(204);
  });
});
