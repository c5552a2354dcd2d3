/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createSourcesStand, secret } from '../../tests/support/sources-stand.ts';
import { allProfiles } from '../providers/registry.ts';

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
      [{ provider: 'generic', options: { duplicatesBy: 'id' } }, 400, 'invalid_request', '/options/idHeader'],
      [
        {
          provider: 'generic',
          options: { signedContent: '{timestamp}.{body}', timestampHeader: 'x-time' },
          dedupeWindowSeconds: 299,
        },
        400,
        'invalid_request',
        '/dedupeWindowSeconds',
      ],
      [
        { provider: 'generic', options: { signedContent: '{id}', idHeader: 'x-id' } },
        422,
        'uncovered_body',
        '/acceptUncovered',
      ],
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

  test('a tolerance bounds the window only where there is a signed time', async () => {
    expect(await created({ provider: 'generic', dedupeWindowSeconds: 60 })).toMatchObject({ dedupeWindowSeconds: 60 });
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
    expect(of('generic').coverages.toSorted()).toEqual(['body', 'fields', 'sender']);
    const generated = body.data.filter(({ credentialKinds }: { credentialKinds: { canBeGenerated: boolean }[] }) =>
      credentialKinds.some(({ canBeGenerated }) => canBeGenerated),
    );
    expect(generated.map(({ name }: { name: string }) => name)).toEqual([
      'documenso',
      'generic',
      'github',
      'goroute',
      'standard-webhooks',
    ]);
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
