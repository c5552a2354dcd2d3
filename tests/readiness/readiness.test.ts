import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckDefinition } from '../../src/readiness/check-definition.ts';
import { createReadiness } from '../../src/readiness/create-readiness.ts';
import type { Collector, Evidence } from '../../src/readiness/finding.ts';
import { failed, passed } from '../../src/readiness/finding.rules.ts';
import type { Instruments } from '../../src/readiness/instruments.ts';
import { readinessRoutes } from '../../src/readiness/readiness.routes.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createTestApi, type TestApi } from '../support/configuration-api.ts';

const definition: CheckDefinition = {
  id: 'endpoint.is-good',
  title: 'The endpoint is good',
  section: 'security',
  subject: 'endpoint',
  severity: 'blocker',
  kind: 'automatic',
  evidence: 'Whether it is good.',
  ttlSeconds: 3_600,
  brokenBy: 'It is not.',
  remedy: 'Make it good.',
};
const definitions = [
  definition,
  { ...definition, id: 'team.is-counted', subject: 'team' as const },
  { ...definition, id: 'gateway.breaks', subject: 'gateway' as const },
  { ...definition, id: 'gateway.waits', subject: 'gateway' as const },
  { ...definition, id: 'gateway.drilled', subject: 'gateway' as const, kind: 'drill' as const },
];

let isGood = true;
let version = 1;
const endpointIsGood: Collector<{ url: string }> = {
  checkId: 'endpoint.is-good',
  get version() {
    return version;
  },
  async gather(context, subject) {
    const [row] = await context.query<{ url: string }>('SELECT url FROM endpoint WHERE id = $1', [
      uuidFromId(subject.id),
    ]);
    return { url: row?.url ?? '' };
  },
  judge: ({ url }) => (isGood ? passed(`${url} is good.`, { n: 1.5 }) : failed('It is not.', {}, 'mend it')),
};
const teamIsCounted: Collector<number> = {
  checkId: 'team.is-counted',
  version: 1,
  async gather(context) {
    await context.query(`UPDATE team SET name = 'changed by a collector'`);
    return 1;
  },
  judge: () => passed('It could write.'),
};
const gatewayBreaks: Collector<number> = {
  checkId: 'gateway.breaks',
  version: 1,
  gather: () => Promise.reject(new Error('a secret of somebody')),
  judge: () => passed('It did not break.'),
};
const unlisted: Collector<number> = { ...gatewayBreaks, checkId: 'nobody.knows' };

type Status = {
  check: string;
  subject: { id: string };
  state: string;
  because: string | null;
  seen: string | null;
  runAgain: string | null;
  command: string | null;
};

let api: TestApi;
let nowMs = Date.now();
let team = '';
let endpoint = '';
const errors: unknown[] = [];

beforeAll(async () => {
  api = await createTestApi({
    clock: { now: () => nowMs },
    register(app, { services }) {
      const readiness = createReadiness({
        ...services,
        release: '1.2.3',
        catalogue: { checks: new Map(definitions.map((each) => [each.id, each])) },
        instruments: { gateway: () => ({}) } as unknown as Instruments,
        onError: (error) => errors.push(error),
        collectors: [endpointIsGood, teamIsCounted, gatewayBreaks, unlisted],
        waiting: new Map([['gateway.waits', 'It waits for something.']]),
      });
      void app.register(readinessRoutes({ readiness }));
    },
  });
});
afterAll(() => api[Symbol.asyncDispose]());
beforeEach(async () => {
  [isGood, version, nowMs] = [true, 1, Date.now()];
  team = await api.createTeam();
  await api.call('POST', `/v1/teams/${team}/event-types`, { body: { name: 'a.b' } });
  const body = { url: 'https://a.example.com/', eventTypes: ['a.b'] };
  endpoint = (await api.call('POST', `/v1/teams/${team}/endpoints`, { body })).body.id;
});

const run = (check = 'endpoint.is-good') => api.call('POST', `/v1/teams/${team}/readiness/${check}/run`);
const states = async (): Promise<Map<string, Status>> => {
  const { body } = await api.call('GET', `/v1/teams/${team}/readiness`);
  return new Map((body as { data: Status[] }).data.map((status) => [status.check, status]));
};
const state = async (check = 'endpoint.is-good') => (await states()).get(check);

describe('a check', () => {
  test('is unknown until it is measured, and then what was found, with everything to act on', async () => {
    expect(await state()).toMatchObject({ state: 'unknown', because: 'It was never measured.', seen: null });
    const { body } = await run();
    expect(body.data).toMatchObject([
      {
        check: 'endpoint.is-good',
        title: definition.title,
        severity: 'blocker',
        subject: { kind: 'endpoint', id: endpoint, name: 'https://a.example.com/' },
        state: 'passed',
        seen: 'https://a.example.com/ is good.',
        values: [{ name: 'n', value: 1.5 }],
        why: definition.evidence,
        remedy: definition.remedy,
      },
    ]);
    expect(await state()).toEqual(body.data[0]);
  });

  test('that failed says how to mend it, and runs again alone', async () => {
    isGood = false;
    await run();
    const failing = await state();
    expect(failing).toMatchObject({ state: 'failed', command: 'mend it' });
    isGood = true;
    const { body } = await api.call('POST', failing?.runAgain ?? '');
    expect(body.data).toMatchObject([{ state: 'passed' }]);
  });

  test('is stale after its time, and when its configuration or its judgement was changed', async () => {
    await run();
    nowMs += 3_599_000;
    expect(await state()).toMatchObject({ state: 'passed' });
    nowMs += 1_000;
    expect(await state()).toMatchObject({ state: 'stale', because: expect.stringMatching(/only good until/) });
    await run();
    version = 2;
    expect(await state()).toMatchObject({ state: 'stale', because: expect.stringMatching(/other rules/) });
    await run();
    await api.call('PATCH', `/v1/teams/${team}/endpoints/${endpoint}`, { body: { concurrency: 3 } });
    expect(await state()).toMatchObject({
      state: 'stale',
      because: expect.stringMatching(/configuration was changed/),
    });
    await api.call('PATCH', `/v1/teams/${team}/endpoints/${endpoint}`, { body: { concurrency: 8 } });
    expect(await state()).toMatchObject({ state: 'passed' });
  });

  test('whose stored evidence was changed by hand is not believed', async () => {
    isGood = false;
    await run();
    await api.database.pool.query(`UPDATE evidence SET finding = jsonb_set(finding, '{state}', '"passed"')`);
    expect(await state()).toMatchObject({ state: 'unknown', because: expect.stringMatching(/hash/) });
  });

  test('is about a team’s own: another team sees none of it', async () => {
    await run();
    const other = await api.createTeam();
    const { body } = await api.call('GET', `/v1/teams/${other}/readiness`);
    expect((body as { data: Status[] }).data.map(({ subject }) => subject.id)).not.toContain(endpoint);
    const foreign = await api.call('POST', `/v1/teams/${other}/readiness/endpoint.is-good/run?subject=${endpoint}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const history = await api.call('GET', `/v1/teams/${other}/readiness/endpoint.is-good/evidence`);
    expect(history.body).toEqual({ data: [], nextCursor: null });
  });
});

describe('what cannot be decided', () => {
  test('is unknown with the reason, and cannot be run', async () => {
    expect(await state('gateway.waits')).toMatchObject({
      state: 'unknown',
      because: 'It waits for something.',
      runAgain: null,
    });
    expect(await state('gateway.drilled')).toMatchObject({ state: 'unknown', because: expect.stringMatching(/drill/) });
    expect(await state('nobody.knows')).toMatchObject({
      state: 'unknown',
      because: expect.stringMatching(/no check of this id/),
    });
    expect(await run('gateway.waits')).toMatchObject({ status: 422, body: { code: 'check_not_decidable' } });
    expect(await run('no.such-check')).toMatchObject({ status: 404 });
  });

  test('because gathering failed is unknown, tells nothing of the error, and stops no other check', async () => {
    const { body } = await api.call('POST', `/v1/teams/${team}/readiness/run`);
    const found = new Map((body as { data: Status[] }).data.map((status) => [status.check, status]));
    expect(found.get('gateway.breaks')).toMatchObject({
      state: 'unknown',
      seen: expect.stringMatching(/could not be measured/),
    });
    expect(JSON.stringify(body)).not.toContain('a secret of somebody');
    expect(errors.splice(0)).toHaveLength(2);
    expect(found.get('endpoint.is-good')).toMatchObject({ state: 'passed' });
  });

  test('because a collector would change something: its queries are read only', async () => {
    const { body } = await run('team.is-counted');
    expect(body.data).toMatchObject([{ state: 'unknown' }]);
    const { body: found } = await api.call('GET', `/v1/teams/${team}`);
    expect(found.name).toBe('Acme');
    errors.length = 0;
  });
});

test('evidence is kept: the history of a check, page by page, newest first', async () => {
  await run();
  isGood = false;
  await run();
  const path = `/v1/teams/${team}/readiness/endpoint.is-good/evidence`;
  const first = await api.call('GET', `${path}?limit=1`);
  expect(first.body.data).toMatchObject([{ state: 'failed', release: '1.2.3', subject: { id: endpoint } }]);
  const second = await api.call('GET', `${path}?limit=1&cursor=${first.body.nextCursor}`);
  expect(second.body).toMatchObject({
    data: [{ state: 'passed', hash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    nextCursor: null,
  });
});

test('keys may read and run as their permissions say', async () => {
  const reader = await api.createKey(team, ['reviews:read']);
  const other = await api.createKey(team, ['events:read']);
  const path = `/v1/teams/${team}/readiness`;
  expect((await api.call('GET', path, { key: reader.key })).status).toBe(200);
  expect((await api.call('GET', path, { key: other.key })).status).toBe(403);
  expect((await api.call('POST', `${path}/run`, { key: reader.key })).status).toBe(403);
  expect((await api.call('POST', `${path}/endpoint.is-good/run`, { key: reader.key })).status).toBe(403);
});

test('the evidence that a program reads is of the shape that is hashed', async () => {
  await run();
  const { rows } = await api.database.pool.query<{ finding: Evidence['finding'] }>(
    'SELECT finding FROM evidence LIMIT 1',
  );
  expect(Object.keys(rows[0]?.finding ?? {}).toSorted()).toEqual(['command', 'seen', 'state', 'values']);
});
