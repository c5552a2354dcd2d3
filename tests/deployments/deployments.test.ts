import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deploymentRoutes } from '../../src/deployments/deployments.routes.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

let nowMs = Date.UTC(2026, 10, 21, 12);
let api: TestApi;
let team: string;
beforeAll(async () => {
  api = await createTestApi({
    clock: { now: () => nowMs },
    register(app, { services }) {
      void app.register(deploymentRoutes({ services }));
    },
  });
});
beforeEach(async () => {
  nowMs += 1_000;
  team = await api.createTeam();
});
afterAll(() => api[Symbol.asyncDispose]());

const at = (path: string): string => `/v1/teams/${team}/${path}`;
const deploy = (body: object) => api.call('POST', at('deployments'), { body });
const verify = (body: object) =>
  api.call('POST', at('verifications'), { body: { release: '1.0.0', exitCode: 0, tookMs: 900, lines: [], ...body } });
const line = { name: 'API answers', subject: 'con_x', state: 'OK', detail: '200' };

describe('deployments', () => {
  test('are on record with when they began, which is now unless it is said', async () => {
    const { status, body } = await deploy({ release: '1.0.0' });
    expect(status).toBe(201);
    const now = new Date(nowMs).toISOString();
    expect(body).toMatchObject({
      release: '1.0.0',
      environment: 'production',
      connection: null,
      startedAt: now,
      recordedAt: now,
      recordedBy: 'operator',
    });
    const began = new Date(nowMs - 3_600_000).toISOString();
    const earlier = await deploy({ release: 'sha256:0a1b', environment: 'staging', startedAt: began });
    expect(earlier.body).toMatchObject({ startedAt: began, recordedAt: now });
  });

  test.each([
    ['a time to come', 120_000],
    ['more than a day ago', -86_460_000],
  ])('that began at %s are refused', async (why, fromNowMs) => {
    const { status, body } = await deploy({ release: '1', startedAt: new Date(nowMs + fromNowMs).toISOString() });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body.errors).toEqual([{ pointer: '/startedAt', message: expect.stringContaining(why) }]);
  });

  test('name a release, an environment and a connection that there is', async () => {
    for (const body of [{}, { release: 'with space' }, { release: '1', environment: 'Production' }]) {
      expect((await deploy(body)).status, JSON.stringify(body)).toBe(400);
    }
    const unknown = await deploy({ release: '1', connection: 'con_01kajxkkj8ffkr1g8xs6a3ek0r' });
    expect(unknown.status).toBe(404);
    expect((await deploy({ release: '1', connection: 'nonsense' })).status).toBe(404);
    expect((await api.call('GET', at('deployments'))).body.data).toEqual([]);
  });

  test('are listed with the newest on record first, page by page, by release and environment', async () => {
    for (const release of ['1', '2', '3']) await deploy({ release });
    await deploy({ release: '3', environment: 'staging' });
    const releasesOf = (answer: { body: { data: { release: string }[] } }): string[] =>
      answer.body.data.map(({ release }) => release);
    const first = await api.call('GET', at('deployments?limit=3'));
    expect(releasesOf(first)).toEqual(['3', '3', '2']);
    const second = await api.call('GET', at(`deployments?limit=3&cursor=${first.body.nextCursor}`));
    expect(releasesOf(second)).toEqual(['1']);
    expect(second.body.nextCursor).toBeNull();
    const ofProduction = await api.call('GET', at('deployments?release=3&environment=production'));
    expect(ofProduction.body.data).toMatchObject([{ release: '3', environment: 'production' }]);
    const strange = await api.call('GET', at(`verifications?cursor=${first.body.nextCursor}`));
    expect(strange.body.code).toBe('invalid_cursor');
  });
});

describe('verifications', () => {
  test('are on record with their lines, and ended when Posthorn was told', async () => {
    const { status, body } = await verify({ exitCode: 1, lines: [line, { ...line, state: 'FAIL', detail: null }] });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      environment: 'production',
      exitCode: 1,
      tookMs: 900,
      linesLeftOut: 0,
      recordedAt: new Date(nowMs).toISOString(),
    });
    await verify({ release: '2.0.0' });
    const { data } = (await api.call('GET', at('verifications?release=1.0.0'))).body as { data: object[] };
    expect(data).toEqual([body]);
    expect((body as { lines: unknown }).lines).toEqual([line, { ...line, state: 'FAIL', detail: null }]);
    expect((await verify({ recordedAt: '2020-01-01T00:00:00Z' })).status).toBe(400);
  });

  test('hold no secret, whatever was sent', async () => {
    const secrets = ['api_0123456789abcdef', 'whsec_c2VjcmV0c2VjcmV0', 'Bearer abcdefghijklmnop'];
    const [one = '', two = '', three = ''] = secrets;
    const { body, text } = await verify({
      lines: [{ name: one, subject: two, state: 'FAIL', detail: `refused ${three}` }],
    });
    const listed = await api.call('GET', at('verifications'));
    const { rows } = await api.database.pool.query<{ said: string }>(
      'SELECT lines::text AS said FROM verification UNION ALL SELECT content FROM audit_entry',
    );
    const everything = [text, listed.text, ...rows.map(({ said }) => said)].join('\n');
    for (const secret of secrets) expect(everything).not.toContain(secret.replace('Bearer ', ''));
    expect(body.lines[0].detail).toBe('refused Bearer ***');
  });

  test('have at most 500 lines, and none that is endless', async () => {
    expect((await verify({ lines: Array.from({ length: 501 }, () => line) })).status).toBe(400);
    expect((await verify({ lines: [{ ...line, detail: 'x'.repeat(301) }] })).status).toBe(400);
    expect((await verify({ lines: [{ ...line, state: 'GOOD' }] })).status).toBe(400);
  });
});

test('who may read records writes none, and another team sees none', async () => {
  await deploy({ release: '1' });
  await verify({});
  const reader = await api.createKey(team, ['reviews:read']);
  const other = await api.createKey(await api.createTeam(), ['*']);
  for (const list of ['deployments', 'verifications']) {
    expect((await api.call('GET', at(list), { key: reader.key })).body.data).toHaveLength(1);
    expect((await api.call('POST', at(list), { key: reader.key, body: { release: '2' } })).status).toBe(403);
    expect((await api.call('GET', at(list), { key: other.key })).status).toBe(404);
  }
});
