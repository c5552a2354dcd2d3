/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../../tests/support/configuration-api.ts';
import { allProfiles } from '../providers/registry.ts';
import { readSourceConfig } from './read-source-config.ts';
import type { SourceConfig } from './source-config.ts';
import { readAllSources, readTeamSources } from './source-snapshot.store.ts';
import { sourceRoutes } from './sources.routes.ts';

let api: TestApi;
let team: string;
let path: string;
let nowMs = Date.now();
const secret = 'planted-secret-of-a-source';
// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into at every depth
type Made = { id: string } & Record<string, any>;

beforeAll(async () => {
  api = await createTestApi({
    clock: { now: () => nowMs },
    register: (app, { services }) => void app.register(sourceRoutes({ services })),
  });
});
beforeEach(async () => {
  nowMs = Date.now();
  team = await api.createTeam();
  path = `/v1/teams/${team}/sources`;
});
afterAll(() => api[Symbol.asyncDispose]());

async function create(more: object = {}) {
  const body = { provider: 'documenso', name: 'Contracts', credentials: [{ value: secret }], ...more };
  return api.call('POST', path, { body });
}
async function created(more: object = {}): Promise<Made> {
  const answer = await create(more);
  expect(answer.status, answer.text).toBe(201);
  return answer.body as Made;
}
async function changed(id: string, body: object): Promise<Made> {
  const answer = await api.call('PATCH', `${path}/${id}`, { body });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as Made;
}
async function config(id: string): Promise<SourceConfig> {
  const row = (await readTeamSources(api.database.pool, team)).find((each) => each.id === id);
  if (row === undefined) throw new Error(`no source ${id}`);
  return readSourceConfig(api.services.sealer, row);
}
const values = async (id: string): Promise<string[]> => (await config(id)).credentials.map(({ value }) => value);
const inSeconds = (seconds: number): string => new Date(nowMs + seconds * 1000).toISOString();

describe('sources', () => {
  test('are made with the defaults of the contract', async () => {
    const { id, url, createdAt, updatedAt, credentials, ...rest } = await created();
    expect(id).toMatch(/^src_/);
    expect(url).toBe(`https://posthorn.test/in/${id}`);
    expect(Date.parse(createdAt)).toBe(Date.parse(updatedAt));
    expect(credentials).toEqual([
      { name: '1', kind: 'secret', createdAt: expect.any(String), expiresAt: null, expired: false },
    ]);
    expect(rest).toEqual({
      provider: 'documenso',
      name: 'Contracts',
      status: 'active',
      options: {},
      coverage: 'sender',
      acceptUncovered: false,
      allowAddresses: null,
      rateLimit: null,
      bodyMaxBytes: 33_554_432,
      dedupeWindowSeconds: 2_592_000,
      activity: {
        received: 0,
        duplicates: 0,
        rejected: 0,
        lastReceivedAt: null,
        lastDuplicateAt: null,
        lastRejected: null,
      },
    });
    expect((await api.call('GET', `${path}/${id}`)).body).toEqual({
      id,
      url,
      createdAt,
      updatedAt,
      credentials,
      ...rest,
    });
  });

  test('take every field, and the receiving path reads what was set', async () => {
    const expiresAt = inSeconds(3600);
    const made = await created({
      provider: 'docusign',
      name: 'Connect',
      credentials: [
        { name: 'old', kind: 'hmac', value: 'b25lIGtleSBvZiBjb25uZWN0Cg==', expiresAt },
        { kind: 'basic', value: 'user:password' },
      ],
      status: 'paused',
      allowAddresses: ['203.0.113.7', '2001:db8::/32'],
      rateLimit: { perSecond: 2.5 },
      bodyMaxBytes: 1_000,
      dedupeWindowSeconds: 60,
      acceptUncovered: true,
    });
    expect(made).toMatchObject({ coverage: 'body', acceptUncovered: true, rateLimit: { perSecond: 2.5 } });
    expect(await config(made.id)).toEqual({
      teamId: team,
      id: made.id,
      name: 'Connect',
      profile: allProfiles().find(({ name }) => name === 'docusign'),
      options: {},
      credentials: [
        { name: 'old', kind: 'hmac', value: 'b25lIGtleSBvZiBjb25uZWN0Cg==', expiresAtMs: Date.parse(expiresAt) },
        { name: '2', kind: 'basic', value: 'user:password', expiresAtMs: null },
      ],
      coverage: 'body',
      status: 'paused',
      allowAddresses: ['203.0.113.7', '2001:db8::/32'],
      ratePerSecond: 2.5,
      bodyMaxBytes: 1_000,
      dedupeWindowSeconds: 60,
    });
  });

  test('what cannot be is refused with the place and the code, and nothing is made', async () => {
    const value = secret;
    const cases: [object, number, string, string][] = [
      [{ provider: 'documensa' }, 422, 'unknown_provider', '/provider'],
      [{ provider: '__proto__' }, 422, 'unknown_provider', '/provider'],
      [{ provider: 'dropbox-sign' }, 422, 'uncovered_body', '/acceptUncovered'],
      [{ provider: 'docusign' }, 400, 'invalid_request', '/credentials/0/kind'],
      [{ credentials: [{ kind: 'hmac', value }] }, 400, 'invalid_request', '/credentials/0/kind'],
      [{ credentials: [{ kind: 'constructor', value }] }, 400, 'invalid_request', '/credentials/0/kind'],
      [{ credentials: [{ value: ' spaced ' }] }, 422, 'invalid_secret', '/credentials/0/value'],
      [{ credentials: [{ value: '' }] }, 400, 'invalid_request', '/credentials/0/value'],
      [{ credentials: [{ value, expiresAt: inSeconds(-1) }] }, 400, 'invalid_request', '/credentials/0/expiresAt'],
      [{ credentials: [{ value, expiresAt: 'soon' }] }, 400, 'invalid_request', '/credentials/0/expiresAt'],
      [{ credentials: [{ name: '2', value }, { value }] }, 400, 'invalid_request', '/credentials/1/name'],
      [{ credentials: [{ name: 'a\nb', value }] }, 400, 'invalid_request', '/credentials/0/name'],
      [{ credentials: [{ value, colour: 1 }] }, 400, 'invalid_request', '/credentials/0/colour'],
      [{ credentials: [] }, 400, 'invalid_request', '/credentials'],
      [{ credentials: Array.from({ length: 21 }, () => ({ value })) }, 400, 'invalid_request', '/credentials'],
      [{ options: { tolerance: 1 } }, 400, 'invalid_request', '/options/tolerance'],
      [{ options: { tolerance: { a: 1 } } }, 400, 'invalid_request', '/options/tolerance'],
      [{ allowAddresses: ['example.com'] }, 400, 'invalid_request', '/allowAddresses/0'],
      [{ allowAddresses: ['10.0.0.0/8', '10.0.0.0/33'] }, 400, 'invalid_request', '/allowAddresses/1'],
      [{ allowAddresses: [] }, 400, 'invalid_request', '/allowAddresses'],
      [{ rateLimit: { perSecond: 0 } }, 400, 'invalid_request', '/rateLimit/perSecond'],
      [{ bodyMaxBytes: 999 }, 400, 'invalid_request', '/bodyMaxBytes'],
      [{ bodyMaxBytes: 33_554_433 }, 400, 'invalid_request', '/bodyMaxBytes'],
      [{ dedupeWindowSeconds: 59 }, 400, 'invalid_request', '/dedupeWindowSeconds'],
      [{ dedupeWindowSeconds: 31_536_001 }, 400, 'invalid_request', '/dedupeWindowSeconds'],
      [{ status: 'disabled' }, 400, 'invalid_request', '/status'],
      [{ name: '' }, 400, 'invalid_request', '/name'],
      [{ name: 'a\u0000' }, 400, 'invalid_request', '/name'],
      [{ acceptUncovered: 'yes' }, 400, 'invalid_request', '/acceptUncovered'],
      [{ colour: 'red' }, 400, 'invalid_request', '/colour'],
      [
        { provider: 'signwell', acceptUncovered: true, dedupeWindowSeconds: 3600 },
        400,
        'invalid_request',
        '/dedupeWindowSeconds',
      ],
    ];
    for (const [more, status, code, pointer] of cases) {
      const answer = await create(more);
      expect(answer, JSON.stringify(more)).toMatchObject({ status, body: { code } });
      expect(
        answer.body.errors.map((error: { pointer: string }) => error.pointer),
        JSON.stringify(more),
      ).toContain(pointer);
    }
    expect((await api.call('GET', path)).body.data).toEqual([]);
  });

  test('an unknown provider is answered with those that are known', async () => {
    const { body } = await create({ provider: 'docusing' });
    for (const { name } of allProfiles()) expect(body.detail).toContain(name);
    expect(body.errors).toHaveLength(1);
  });

  test('a provider that signs some fields alone is taken only by someone who knows, then and later', async () => {
    const refused = await create({ provider: 'dropbox-sign' });
    expect(refused.body.detail).toMatch(/Dropbox Sign signs a few fields and not the body.*acceptUncovered/);
    const made = await created({ provider: 'dropbox-sign', acceptUncovered: true });
    expect(made).toMatchObject({ coverage: 'fields', acceptUncovered: true });
    const back = await api.call('PATCH', `${path}/${made.id}`, { body: { acceptUncovered: false } });
    expect(back.body.code).toBe('uncovered_body');
    expect(await changed(made.id, { name: 'Other' })).toMatchObject({ acceptUncovered: true });
  });

  test('secrets are in no answer, no log line and no column, and sealed for their row alone', async () => {
    const made = await created();
    const again = await changed(made.id, { credentials: [{ name: '1' }, { name: '2', value: `${secret}-2` }] });
    await create({ credentials: [{ value: ` ${secret}-wrong` }] });
    await api.call('PATCH', `${path}/${made.id}`, { body: { credentials: [{ name: 'x', value: `${secret}\n` }] } });
    const { rows } = await api.database.pool.query('SELECT * FROM source');
    const all = await api.database.pool.query<{ sealed: Buffer }>('SELECT * FROM source_credential');
    const cache = await readAllSources(api.database.pool);
    const everything = [
      JSON.stringify([made, again]),
      (await api.call('GET', path)).text,
      (await api.call('GET', `${path}/${made.id}`)).text,
      JSON.stringify(api.logged),
      JSON.stringify(rows),
      JSON.stringify(all.rows),
      all.rows.map(({ sealed }) => sealed.toString('latin1')).join('\n'),
      JSON.stringify(cache),
    ].join('\n');
    for (const planted of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
      expect(everything).not.toContain(planted);
    }
    const [row] = cache.filter(({ id }) => id === made.id);
    const [first, second] = row!.credentials;
    const swapped = { ...row!, credentials: [{ ...first!, sealed: second!.sealed }] };
    expect(() => readSourceConfig(api.services.sealer, swapped)).toThrow('belongs to another row');
  });

  test('rows survive being kept as JSON, for a start without the database', async () => {
    const { id } = await created({ credentials: [{ value: secret, expiresAt: inSeconds(60) }] });
    const rows = JSON.parse(JSON.stringify(await readAllSources(api.database.pool))) as Awaited<
      ReturnType<typeof readAllSources>
    >;
    const row = rows.find((each) => each.id === id);
    expect(readSourceConfig(api.services.sealer, row!)).toEqual(await config(id));
  });

  test('a secret that the user makes up may be left out, is made, and is shown this once', async () => {
    const made = await created({ credentials: [{}, { name: 'second' }] });
    const [one, two] = made['generated'];
    expect(made['generated']).toEqual([
      { name: '1', kind: 'secret', value: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
      { name: 'second', kind: 'secret', value: expect.any(String) },
    ]);
    expect(await values(made.id)).toEqual([one.value, two.value]);
    expect((await api.call('GET', `${path}/${made.id}`)).body).not.toHaveProperty('generated');
    const after = await changed(made.id, { credentials: [{ name: 'second' }, { name: 'third' }] });
    expect(after['generated']).toEqual([{ name: 'third', kind: 'secret', value: expect.any(String) }]);
    expect(await values(made.id)).toEqual([two.value, after['generated'][0].value]);
    const goroute = await create({ provider: 'goroute', credentials: [{}] });
    expect(goroute.body).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/credentials/0/value', message: 'is missing: GoRoute knows it' }],
    });
  });

  test('a change leaves alone what it does not name, and null clears', async () => {
    const before = await created({ allowAddresses: ['10.0.0.0/8'], rateLimit: { perSecond: 5 } });
    const after = await changed(before.id, { rateLimit: null, allowAddresses: null, bodyMaxBytes: 5_000 });
    expect(after).toEqual({
      ...before,
      rateLimit: null,
      allowAddresses: null,
      bodyMaxBytes: 5_000,
      updatedAt: after['updatedAt'],
    });
    const provider = await api.call('PATCH', `${path}/${before.id}`, { body: { provider: 'docusign' } });
    expect(provider.body.errors).toEqual([{ pointer: '/provider', message: 'is not a known property' }]);
  });

  test('options that are not named stay, and null sets one to its default', async () => {
    const made = await created({ provider: 'signwell', acceptUncovered: true, options: { maxAgeSeconds: 600 } });
    expect(made['options']).toEqual({ maxAgeSeconds: 600 });
    expect(await changed(made.id, { name: 'x' })).toMatchObject({ options: { maxAgeSeconds: 600 } });
    expect(await changed(made.id, { options: {} })).toMatchObject({ options: { maxAgeSeconds: 600 } });
    expect(await changed(made.id, { options: { maxAgeSeconds: null } })).toMatchObject({
      options: { maxAgeSeconds: 345_600 },
    });
    const unknown = await api.call('PATCH', `${path}/${made.id}`, { body: { options: { colour: null } } });
    expect(unknown.body.errors[0].pointer).toBe('/options/colour');
  });

  test('a rotation has no gap: both secrets are there, then the old one ends by itself or is removed', async () => {
    const { id, credentials: before } = await created();
    const both = await changed(id, {
      credentials: [
        { name: '1', expiresAt: inSeconds(3600) },
        { name: '2', value: `${secret}-2` },
      ],
    });
    expect(both['credentials']).toEqual([
      { ...before[0], expiresAt: inSeconds(3600) },
      { name: '2', kind: 'secret', createdAt: expect.any(String), expiresAt: null, expired: false },
    ]);
    expect((await config(id)).credentials).toEqual([
      { name: '1', kind: 'secret', value: secret, expiresAtMs: nowMs + 3_600_000 },
      { name: '2', kind: 'secret', value: `${secret}-2`, expiresAtMs: null },
    ]);
    nowMs += 3_600_000;
    const late = (await api.call('GET', `${path}/${id}`)).body;
    expect(late.credentials.map(({ expired }: { expired: boolean }) => expired)).toEqual([true, false]);
    const kept = await changed(id, { credentials: [{ name: '2' }] });
    expect(kept['credentials']).toEqual([both['credentials'][1]]);
    expect(await values(id)).toEqual([`${secret}-2`]);
  });

  test('credentials as they were read can be sent back, and change nothing', async () => {
    const { id } = await created({
      credentials: [{ value: secret }, { value: `${secret}-2`, expiresAt: inSeconds(60) }],
    });
    nowMs += 61_000;
    const before = (await api.call('GET', `${path}/${id}`)).body;
    const given = before.credentials.map(({ name, kind, expiresAt }: Record<string, unknown>) => {
      return { name, kind, expiresAt };
    });
    const after = await changed(id, { credentials: given });
    expect(after['credentials']).toEqual(before.credentials);
    const unlimited = await changed(id, { credentials: [{ name: '1' }, { name: '2', expiresAt: null }] });
    expect(unlimited['credentials'][1]).toMatchObject({ expiresAt: null, expired: false });
    expect(await values(id)).toEqual([secret, `${secret}-2`]);
  });

  test('a name with a new value is a new credential; another kind needs another value', async () => {
    const made = await created({
      provider: 'docusign',
      credentials: [{ name: 'a', kind: 'basic', value: 'user:one' }],
    });
    const kind = await api.call('PATCH', `${path}/${made.id}`, {
      body: { credentials: [{ name: 'a', kind: 'hmac' }] },
    });
    expect(kind.body.errors).toEqual([
      { pointer: '/credentials/0/value', message: 'is missing: another kind needs another value' },
    ]);
    const after = await changed(made.id, { credentials: [{ name: 'a', kind: 'hmac', value: 'a2V5IG9mIGNvbm5lY3Q=' }] });
    expect(after).toMatchObject({ coverage: 'body', credentials: [{ name: 'a', kind: 'hmac' }] });
    expect(await values(made.id)).toEqual(['a2V5IG9mIGNvbm5lY3Q=']);
  });

  test('one credential that has not expired has to remain', async () => {
    const { id } = await created();
    for (const credentials of [[{ name: '1', expiresAt: inSeconds(-1) }], [{ name: '1', expiresAt: inSeconds(0) }]]) {
      const answer = await api.call('PATCH', `${path}/${id}`, { body: { credentials } });
      expect(answer.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/credentials' }] });
    }
    expect((await api.call('PATCH', `${path}/${id}`, { body: { credentials: [] } })).status).toBe(400);
    const both = [
      { name: '1', expiresAt: inSeconds(0) },
      { name: '2', value: `${secret}-2` },
    ];
    expect(await changed(id, { credentials: both })).toMatchObject({ credentials: [{ expired: true }, {}] });
  });

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
    team = await api.createTeam('Versioned');
    path = `/v1/teams/${team}/sources`;
    const seen = [await version()];
    const { id } = await created();
    seen.push(await version());
    await changed(id, { status: 'paused' });
    seen.push(await version());
    await changed(id, { credentials: [{ name: '1', expiresAt: inSeconds(60) }] });
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
    expect([...first.data, ...second.data].map(({ id }: Made) => id)).toEqual(ids);
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

  test('of replacements of one credential at the same time one stands, whole', async () => {
    const { id } = await created();
    const given = Array.from({ length: 6 }, (_, index) => `${secret}-${index}`);
    const all = await Promise.all(
      given.map((value) => api.call('PATCH', `${path}/${id}`, { body: { credentials: [{ name: '1', value }] } })),
    );
    expect(all.map(({ status }) => status)).toEqual(given.map(() => 200));
    const [last, ...more] = await values(id);
    expect(given).toContain(last);
    expect(more).toEqual([]);
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

describe('providers', () => {
  test('are listed with what a form needs: kinds, options, coverage and event types', async () => {
    const { body, status } = await api.call('GET', `/v1/teams/${team}/providers`);
    expect(status).toBe(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(allProfiles().map(({ name }) => name));
    const of = (name: string) => body.data.find((each: { name: string }) => each.name === name);
    expect(of('documenso')).toMatchObject({
      title: 'Documenso',
      credentialKinds: [{ name: 'secret', canBeGenerated: true, coverage: 'sender' }],
      coverages: ['sender'],
      contentTypes: ['application/json'],
      options: {},
    });
    expect(of('docusign').coverages.toSorted()).toEqual(['body', 'sender']);
    expect(of('signwell').options.maxAgeSeconds).toEqual(
      allProfiles().find(({ name }) => name === 'signwell')!.options['maxAgeSeconds'],
    );
    for (const provider of body.data) {
      expect(provider.setup.length, provider.name).toBeGreaterThan(20);
      expect(provider.credentialKinds.length, provider.name).toBeGreaterThan(0);
      expect(provider.coverages.length, provider.name).toBeGreaterThan(0);
    }
  });

  test('every one of them can be a source', async () => {
    const { data } = (await api.call('GET', `/v1/teams/${team}/providers`)).body;
    for (const provider of data) {
      const generated = provider.credentialKinds.find(
        ({ canBeGenerated }: { canBeGenerated: boolean }) => canBeGenerated,
      );
      if (generated === undefined) continue;
      const answer = await create({
        provider: provider.name,
        credentials: [{ kind: generated.name }],
        acceptUncovered: true,
      });
      expect(answer.status, `${provider.name}: ${answer.text}`).toBe(201);
    }
  });
});
