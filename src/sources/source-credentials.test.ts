/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createSourcesStand, secret } from '../../tests/support/sources-stand.ts';
import { readSourceConfig } from './read-source-config.ts';
import { readAllSources } from './source-snapshot.store.ts';

const stand = createSourcesStand();
const { changed, config, create, created, inSeconds, values } = stand;
let api: TestApi;
let path: string;

beforeAll(async () => {
  api = await stand.open();
});
beforeEach(async () => {
  ({ path } = await stand.newTeam());
});
afterAll(() => stand.close());

describe('the credentials of a source', () => {
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
    const stripe = await create({ provider: 'stripe', credentials: [{}] });
    expect(stripe.body).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/credentials/0/value', message: 'is missing: Stripe knows it' }],
    });
  });

  test.each([
    ['standard-webhooks', {}, /^whsec_[A-Za-z0-9+/]{43}=$/],
    ['generic', {}, /^[\w-]{43}$/],
    ['generic', { scheme: 'basic' }, /^posthorn:[\w-]{43}$/],
  ] as const)('a secret made for %s %j is one that it takes', async (provider, options, shape) => {
    const made = await created({ provider, options, credentials: [{ kind: 'secret' }] });
    const [{ value }] = made['generated'];
    expect(value).toMatch(shape);
    expect(await values(made.id)).toEqual([value]);
    await created({ provider, options, credentials: [{ kind: 'secret', value }] });
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
      { name: '1', kind: 'secret', value: secret, expiresAtMs: stand.now() + 3_600_000 },
      { name: '2', kind: 'secret', value: `${secret}-2`, expiresAtMs: null },
    ]);
    stand.passTime(3_600_000);
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
    stand.passTime(61_000);
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
});
