/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand, token } from '../../tests/support/connections-stand.ts';
import { allApiProfiles, findApiProfile } from '../providers/api-registry.ts';
import { policyDefaults } from './policy.ts';

const stand = createConnectionsStand();
const { change, changed, config, create, created, inSeconds } = stand;
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

async function makeSource(of = team, provider = 'documenso'): Promise<string> {
  const kind = provider === 'github' ? { kind: 'secret' } : {};
  const body = { provider, name: 'Contracts', credentials: [{ ...kind, value: 'a secret of a source' }] };
  return (await api.call('POST', `/v1/teams/${of}/sources`, { body })).body.id;
}

describe('connections', () => {
  test('are made with the defaults of the contract', async () => {
    const { id, url, createdAt, updatedAt, credentials, ...rest } = await created();
    expect(id).toMatch(/^con_/);
    expect(url).toBe(`https://posthorn.test/egress/${id}`);
    expect(Date.parse(createdAt)).toBe(Date.parse(updatedAt));
    expect(credentials).toEqual([
      {
        id: expect.stringMatching(/^ccr_/),
        name: '1',
        kind: 'bearer',
        createdAt: expect.any(String),
        expiresAt: null,
        expired: false,
        lastUsedAt: null,
        usesLast24Hours: 0,
      },
    ]);
    expect(rest).toEqual({
      provider: 'documenso',
      environment: 'production',
      name: 'Contracts',
      status: 'active',
      baseUrl: 'https://app.documenso.com',
      selfHosted: false,
      options: {},
      policy: policyDefaults,
      sources: [],
      archive: false,
    });
    const shown = (await api.call('GET', `${path}/${id}`)).body;
    expect(shown).toEqual({ id, url, createdAt, updatedAt, credentials, ...rest });
  });

  test('take every field, and calls read what was set', async () => {
    const source = await makeSource();
    const expiresAt = inSeconds(3600);
    const made = await created({
      environment: 'sandbox',
      baseUrl: 'https://sign.example.com/',
      selfHosted: true,
      credentials: [
        { name: 'new', kind: 'bearer', fields: { token } },
        { name: 'old', kind: 'bearer', fields: { token: 'api_old' }, expiresAt },
      ],
      policy: { retries: { most: 0 }, polling: { mode: 'refuse', windowMs: 60_000 } },
      sources: [source, source],
      archive: true,
      status: 'paused',
    });
    expect(made).toMatchObject({ baseUrl: 'https://sign.example.com', selfHosted: true, sources: [source] });
    const policy = {
      ...policyDefaults,
      retries: { ...policyDefaults.retries, most: 0 },
      polling: { mode: 'refuse', windowMs: 60_000 },
    };
    expect(made['policy']).toEqual(policy);
    expect(await config(made.id)).toEqual({
      teamId: team,
      id: made.id,
      name: 'Contracts',
      profile: findApiProfile('documenso'),
      environment: 'sandbox',
      baseUrl: 'https://sign.example.com',
      options: {},
      status: 'paused',
      credentials: [
        {
          id: made['credentials'][0].id,
          name: 'new',
          kind: 'bearer',
          fields: { token: { value: token } },
          expiresAtMs: null,
        },
        {
          id: made['credentials'][1].id,
          name: 'old',
          kind: 'bearer',
          fields: { token: { value: 'api_old' } },
          expiresAtMs: Date.parse(expiresAt),
        },
      ],
      policy,
      sourceIds: [source],
      archive: true,
    });
  });

  test('what cannot be is refused with the place and the code, and nothing is made', async () => {
    const bearer = { fields: { token } };
    const generic = {
      provider: 'generic',
      baseUrl: 'https://api.example.com',
      credentials: [{ kind: 'bearer', ...bearer }],
    };
    const docusign = { provider: 'docusign', credentials: [{ kind: 'bearer', ...bearer }] };
    const github = await makeSource(team, 'github');
    const theirs = await makeSource(await api.createTeam('Other'));
    const cases: [object, number, string, string][] = [
      [{ provider: 'documensa' }, 422, 'unknown_provider', '/provider'],
      [{ provider: '__proto__' }, 422, 'unknown_provider', '/provider'],
      [{ environment: 'demo' }, 400, 'invalid_request', '/environment'],
      [{ name: '' }, 400, 'invalid_request', '/name'],
      [{ name: 'a\nb' }, 400, 'invalid_request', '/name'],
      [{ colour: 'red' }, 400, 'invalid_request', '/colour'],
      [{ status: 'disabled' }, 400, 'invalid_request', '/status'],
      [{ archive: 'yes' }, 400, 'invalid_request', '/archive'],
      [{ environment: 'sandbox' }, 422, 'invalid_base_url', '/baseUrl'],
      [{ baseUrl: 'https://sign.example.com' }, 422, 'invalid_base_url', '/baseUrl'],
      [{ baseUrl: 'http://app.documenso.com' }, 422, 'invalid_base_url', '/baseUrl'],
      [{ ...generic, baseUrl: null }, 422, 'invalid_base_url', '/baseUrl'],
      [{ ...generic, baseUrl: 'https://169.254.169.254' }, 422, 'invalid_base_url', '/baseUrl'],
      [{ ...docusign, baseUrl: 'https://demo.docusign.net/restapi' }, 422, 'invalid_base_url', '/baseUrl'],
      [docusign, 422, 'invalid_base_url', '/baseUrl'],
      [{ options: { colour: 1 } }, 400, 'invalid_request', '/options/colour'],
      [{ sources: ['src_x'] }, 400, 'invalid_request', '/sources/0'],
      [{ sources: [await makeSource(), theirs] }, 400, 'invalid_request', '/sources/1'],
      [{ sources: [github] }, 400, 'invalid_request', '/sources/0'],
      [{ policy: { timeouts: { firstByteMs: 99 } } }, 400, 'invalid_request', '/policy/timeouts/firstByteMs'],
      [{ policy: { timeouts: { totalMs: 3_600_001 } } }, 400, 'invalid_request', '/policy/timeouts/totalMs'],
      [{ policy: { retries: { most: 11 } } }, 400, 'invalid_request', '/policy/retries/most'],
      [{ policy: { retries: { most: 1.5 } } }, 400, 'invalid_request', '/policy/retries/most'],
      [{ policy: { retries: { baseMs: 30_000 } } }, 400, 'invalid_request', '/policy/retries/baseMs'],
      [{ policy: { retries: { mood: 1 } } }, 400, 'invalid_request', '/policy/retries/mood'],
      [{ policy: { mood: {} } }, 400, 'invalid_request', '/policy/mood'],
      [{ policy: { polling: { mode: 'on' } } }, 400, 'invalid_request', '/policy/polling/mode'],
      [{ policy: { breaker: { failureRatio: 0 } } }, 400, 'invalid_request', '/policy/breaker/failureRatio'],
      [
        { policy: { budget: { limits: [{ name: 'v3', limit: 1, windowMs: 1000 }] } } },
        400,
        'invalid_request',
        '/policy/budget/limits/0/name',
      ],
      [
        { policy: { budget: { limits: [{ name: 'v2', limit: 0, windowMs: 1000 }] } } },
        400,
        'invalid_request',
        '/policy/budget/limits/0/limit',
      ],
      [{ policy: { ledger: { bodies: 'all' } } }, 400, 'invalid_request', '/policy/ledger/bodies'],
      [{ credentials: [] }, 400, 'invalid_request', '/credentials'],
      [{ credentials: Array.from({ length: 21 }, () => bearer) }, 400, 'invalid_request', '/credentials'],
      [{ credentials: [{ ...bearer, colour: 1 }] }, 400, 'invalid_request', '/credentials/0/colour'],
      [{ credentials: [{ ...bearer, name: '2' }, bearer] }, 400, 'invalid_request', '/credentials/1/name'],
      [{ credentials: [{ ...bearer, kind: 'basic' }] }, 400, 'invalid_request', '/credentials/0/kind'],
      [{ ...generic, credentials: [bearer] }, 400, 'invalid_request', '/credentials/0/kind'],
      [{ credentials: [{ name: '1' }] }, 400, 'invalid_request', '/credentials/0/fields'],
      [{ credentials: [{ ...bearer, expiresAt: inSeconds(-1) }] }, 400, 'invalid_request', '/credentials/0/expiresAt'],
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

  test('a change leaves alone what it does not name, and null gives the default', async () => {
    const before = await created({
      environment: 'production',
      baseUrl: 'https://app.documenso.com/api',
      policy: { timeouts: { totalMs: 9_000 }, retries: { most: 0 } },
    });
    const after = await changed(before.id, {
      policy: { retries: { most: null }, cache: { maxBytes: 0 } },
      archive: true,
    });
    expect(after).toEqual({
      ...before,
      archive: true,
      policy: {
        ...policyDefaults,
        timeouts: { ...policyDefaults.timeouts, totalMs: 9_000 },
        cache: { ...policyDefaults.cache, maxBytes: 0 },
      },
      updatedAt: after['updatedAt'],
    });
    expect(await changed(before.id, { policy: { timeouts: null, cache: null }, baseUrl: null })).toMatchObject({
      policy: policyDefaults,
      baseUrl: 'https://app.documenso.com',
    });
    const { rows } = await api.database.pool.query(`SELECT policy FROM connection ORDER BY id DESC LIMIT 1`);
    expect(rows).toEqual([{ policy: {} }]);
  });

  test('provider and environment stay: what was called with one account is not taken for another', async () => {
    const { id } = await created();
    for (const name of ['provider', 'environment']) {
      const answer = await change(id, { [name]: 'sandbox' });
      expect(answer.body.errors).toEqual([{ pointer: `/${name}`, message: 'is not a known property' }]);
    }
  });

  test('a source that was deleted since concerns nobody', async () => {
    const [gone, kept] = [await makeSource(), await makeSource()];
    const { id } = await created({ sources: [gone, kept] });
    await api.call('DELETE', `/v1/teams/${team}/sources/${gone}`);
    const shown = (await api.call('GET', `${path}/${id}`)).body;
    expect(shown.sources).toEqual([kept]);
    expect((await config(id)).sourceIds).toEqual([kept]);
    expect(await changed(id, { sources: shown.sources })).toMatchObject({ sources: [kept] });
  });

  test('only JWT credentials of DocuSign find their server by themselves', async () => {
    const fields = { token };
    const bearer = { provider: 'docusign', credentials: [{ kind: 'bearer', fields }] };
    const made = await created({ ...bearer, baseUrl: 'https://na3.docusign.net/restapi' });
    const back = await change(made.id, { baseUrl: null });
    expect(back.body).toMatchObject({ code: 'invalid_base_url', errors: [{ pointer: '/baseUrl' }] });
    expect(await created({ ...bearer, environment: 'sandbox' })).toMatchObject({
      baseUrl: 'https://demo.docusign.net/restapi',
    });
  });
});

describe('providers of APIs', () => {
  test('are listed with what a form needs: environments, fields, options and limits', async () => {
    const { body, status } = await api.call('GET', `/v1/teams/${team}/api-providers`);
    expect(status).toBe(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(allApiProfiles().map(({ name }) => name));
    const docusign = body.data.find(({ name }: { name: string }) => name === 'docusign');
    expect(docusign).toMatchObject({
      selfHosted: false,
      pollingWindowMs: 900_000,
      environments: {
        sandbox: { baseUrl: 'https://demo.docusign.net/restapi' },
        production: { baseUrl: null, budgets: expect.arrayContaining([expect.objectContaining({ limit: 3_000 })]) },
      },
    });
    for (const { name, setup, credentialKinds } of body.data) {
      expect(setup.length, name).toBeGreaterThan(20);
      for (const { fields } of credentialKinds) {
        expect(
          fields.filter(({ secret }: { secret: boolean }) => secret),
          name,
        ).toHaveLength(1);
      }
    }
  });
});
