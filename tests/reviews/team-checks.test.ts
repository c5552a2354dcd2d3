import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CheckAnswer, createStand, type Listed, type Refused, type Stand, type ViewAnswer } from './stand.ts';

let stand: Stand;
let server: Server;
let url = '';
let answer = { status: 200, body: '{"status":"up","deep":{"a/b":1}}' };
beforeAll(async () => {
  stand = await createStand();
  server = createServer((_request, response) => response.writeHead(answer.status).end(answer.body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/status`;
});
afterAll(async () => {
  server.close();
  await stand.api[Symbol.asyncDispose]();
});
beforeEach(() => {
  stand.weather.failing.clear();
  answer = { status: 200, body: '{"status":"up","deep":{"a/b":1}}' };
});

let made = 0;
const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
  stand.api.call(method, stand.at + path, body === undefined ? {} : { body });
const fields = (measure: object) => ({
  title: 'Ours holds',
  section: 'security',
  severity: 'major',
  evidence: 'Whether ours holds.',
  remedy: 'Mend ours.',
  ttlHours: 1,
  measure,
});
/** A check with this measure, a checklist with it, and a review of that. */
async function reviewOf(
  measure: object,
): Promise<{ check: string; list: string; run: () => Promise<CheckAnswer | undefined> }> {
  made += 1;
  const [check, list] = [`team.own-${made}`, `team-own-${made}`];
  const created = await call('POST', '/checks', { id: check, ...fields(measure) });
  expect(created, JSON.stringify(created.body)).toMatchObject({ status: 201, body: { version: 1 } });
  const items = [{ ref: '1', says: 'Ours', phase: 'prepare', checks: [check, 'gateway.is-good'] }];
  const listed = await call('POST', '/checklists', { id: list, title: 'Ours', signoffs: [], items });
  expect(listed, JSON.stringify(listed.body)).toMatchObject({ status: 201 });
  const review = await call('POST', '/reviews', { name: 'Ours', checklists: [list], integration: {} });
  const run = async () => {
    const { body } = await call('POST', `/reviews/${review.body.id}/run`);
    return (body as ViewAnswer).checks.find((each) => each.check === check);
  };
  return { check, list, run };
}

describe('a probe of a URL', () => {
  test('passes when the answer is as expected, and fails when it is not, without showing the answer', async () => {
    const expected = { status: 200, contains: 'up', json: { pointer: '/deep/a~1b', equals: 1 } };
    const { run } = await reviewOf({ kind: 'http-probe', url, expect: expected });
    expect(await run()).toMatchObject({ state: 'passed', seen: 'The answer was 200 as expected.' });
    answer = { status: 200, body: '{"status":"up secret-4711","deep":{"a/b":2}}' };
    const failed = await run();
    expect(failed).toMatchObject({
      state: 'failed',
      seen: 'The answer was 200, and /deep/a~1b is not what is expected.',
    });
    expect(JSON.stringify(failed)).not.toContain('secret-4711');
    answer = { status: 503, body: 'up' };
    expect(await run()).toMatchObject({ state: 'failed', seen: 'The answer was 503, expected was 200.' });
  });

  test('reads 64 kB and no more', async () => {
    const { run } = await reviewOf({ kind: 'http-probe', url, expect: { contains: 'needle' } });
    answer = { status: 200, body: `${'x'.repeat(200_000)}needle` };
    expect(await run()).toMatchObject({ state: 'failed', seen: expect.stringContaining('in its first 64 kB') });
  });

  test('of nobody fails, and one inside the network is refused', async () => {
    const { run } = await reviewOf({ kind: 'http-probe', url: 'http://127.0.0.1:1/', expect: {} });
    expect(await run()).toMatchObject({ state: 'failed', seen: 'No answer came: connect.' });
    const inside = { id: 'team.inside', ...fields({ kind: 'http-probe', url: 'http://169.254.169.254/', expect: {} }) };
    expect(await call('POST', '/checks', inside)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/measure/url' }] },
    });
  });
});

describe('a rule over evidence', () => {
  test('is decided by what other checks found in the same run', async () => {
    const rule = {
      all: [
        { check: 'gateway.is-good', state: 'passed' },
        { check: 'gateway.is-good', value: 'n', atMost: 1 },
      ],
    };
    const { run } = await reviewOf({ kind: 'expression', rule });
    expect(await run()).toMatchObject({ state: 'passed' });
    stand.weather.failing.add('gateway.is-good');
    expect(await run()).toMatchObject({
      state: 'failed',
      seen: 'The rule does not hold: gateway.is-good is failed and n of gateway.is-good is 2.',
    });
  });

  test('is unknown, and never passed, while what it looks at was not measured', async () => {
    const { run } = await reviewOf({
      kind: 'expression',
      rule: { not: { check: 'endpoint.is-good', state: 'failed' } },
    });
    expect(await run()).toMatchObject({ state: 'unknown', seen: expect.stringContaining('Have those measured first') });
  });

  test('is refused with the place of each mistake', async () => {
    const rule = {
      all: [{ check: 'no.such', state: 'passed' }, { any: [] }, { check: 'gateway.is-good', value: 'n' }, 3],
    };
    const refused = await call('POST', '/checks', { id: 'team.wrong', ...fields({ kind: 'expression', rule }) });
    expect(refused.status).toBe(400);
    expect((refused.body as Refused).errors.map(({ pointer }) => pointer)).toEqual([
      '/measure/rule/all/0/check',
      '/measure/rule/all/1/any',
      '/measure/rule/all/2',
      '/measure/rule/all/3',
    ]);
  });
});

test('what a team attests waits for a person', async () => {
  const { run } = await reviewOf({ kind: 'attestation' });
  expect(await run()).toMatchObject({ kind: 'attested', state: 'unknown', next: { kind: 'attest' } });
});

describe('a check of a team', () => {
  test('that is replaced makes what was measured by the former one stale', async () => {
    const { check, run } = await reviewOf({ kind: 'http-probe', url, expect: {} });
    expect(await run()).toMatchObject({ state: 'passed' });
    const change = { version: 1, ...fields({ kind: 'http-probe', url, expect: { status: 201 } }) };
    expect(await call('PUT', `/checks/${check}`, change)).toMatchObject({ status: 200, body: { version: 2 } });
    const states = await call('GET', '/readiness');
    expect((states.body as Listed).data.find((each) => each.check === check)).toMatchObject({ state: 'stale' });
    expect(await call('PUT', `/checks/${check}`, change)).toMatchObject({ status: 409 });
    expect(await run()).toMatchObject({ state: 'failed' });
  });

  test('stays while a checklist names it, and the checklist while a review is held to it', async () => {
    const { check, list } = await reviewOf({ kind: 'attestation' });
    expect(await call('DELETE', `/checks/${check}`)).toMatchObject({ status: 409 });
    expect(await call('DELETE', `/checklists/${list}`)).toMatchObject({ status: 409 });
    const free = { id: 'team.free', ...fields({ kind: 'attestation' }) };
    await call('POST', '/checks', free);
    expect(await call('POST', '/checks', free)).toMatchObject({ status: 409 });
    expect(await call('DELETE', '/checks/team.free')).toMatchObject({ status: 204 });
    expect(await call('GET', '/checks/team.free')).toMatchObject({ status: 404 });
  });

  test('is its own: another team has none of it', async () => {
    const { check, list } = await reviewOf({ kind: 'attestation' });
    const other = await stand.api.createTeam();
    expect((await stand.api.call('GET', `/v1/teams/${other}/checks/${check}`)).status).toBe(404);
    const body = { name: 'Foreign', checklists: [list], integration: {} };
    expect(await stand.api.call('POST', `/v1/teams/${other}/reviews`, { body })).toMatchObject({ status: 400 });
    const { body: states } = await stand.api.call('GET', `/v1/teams/${other}/readiness`);
    expect((states as Listed).data.map((each) => each.check)).not.toContain(check);
  });

  test('cannot take the name of one that ships', async () => {
    expect(await call('POST', '/checks', { id: 'gateway.is-good', ...fields({ kind: 'attestation' }) })).toMatchObject({
      status: 400,
    });
  });
});
