import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createStand, type Listed, type Refused, type Stand, type ViewAnswer } from './stand.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.api[Symbol.asyncDispose]());
beforeEach(() => {
  stand.weather.failing.clear();
  stand.weather.measured.length = 0;
});

const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: object) =>
  stand.api.call(method, `${stand.at}/reviews${path}`, body === undefined ? {} : { body });
const begin = async (more: object = {}): Promise<string> => {
  const body = { name: 'Going live', checklists: ['house'], integration: { endpoints: [stand.endpoint] }, ...more };
  const made = await call('POST', '', body);
  expect(made, JSON.stringify(made.body)).toMatchObject({ status: 201 });
  return made.body.id as string;
};
const checkOf = (view: unknown, id: string) => (view as ViewAnswer).checks.find((each) => each.check === id);
const listed = (body: unknown) => (body as Listed).data;

describe('a review', () => {
  test('begins with what is named and answers as it stands: nothing measured is unknown, and the verdict says so', async () => {
    const id = await begin();
    const { body: view } = await call('GET', `/${id}`);
    expect(view).toMatchObject({ id, status: 'open', version: 1, waiverCap: 3, requiredDuties: ['security'] });
    expect((view as ViewAnswer).checks.map((each) => [each.check, each.state])).toEqual([
      ['endpoint.is-good', 'unknown'],
      ['gateway.is-good', 'unknown'],
      ['people.are-briefed', 'unknown'],
    ]);
    expect(view.verdict).toMatchObject({ passed: false });
    expect(view.verdict.because).toEqual([
      '3 checks are not decided, 1 blocker among them: endpoint.is-good.',
      'No check holds yet.',
      'No signature for security stands.',
    ]);
    expect(view.sections).toMatchObject([
      { section: 'security', total: 2, unknown: 2 },
      { section: 'launch', total: 1, unknown: 1 },
    ]);
  });

  test('measures what it is about and nothing else, and explains what failed', async () => {
    const id = await begin();
    stand.weather.failing.add('endpoint.is-good');
    const { body: view } = await call('POST', `/${id}/run`);
    expect(stand.weather.measured.toSorted()).toEqual([
      `endpoint.is-good ${stand.endpoint}`,
      'gateway.is-good gateway',
    ]);
    expect(checkOf(view, 'gateway.is-good')).toMatchObject({ state: 'passed', because: null });
    expect(checkOf(view, 'endpoint.is-good')).toMatchObject({
      state: 'failed',
      because: 'It is bad.',
      command: 'mend it',
    });
    expect(view.verdict.because[0]).toBe('1 check failed, 1 blocker among them: endpoint.is-good.');
    const { body: why } = await call('GET', `/${id}/checks/endpoint.is-good`);
    expect(why).toMatchObject({
      seen: 'It is bad.',
      values: [{ name: 'n', value: 2 }],
      why: 'Whether it is good.',
      remedy: 'Make it good.',
      next: { kind: 'run', post: `${stand.at}/readiness/endpoint.is-good/run?subject=${stand.endpoint}` },
      items: [{ checklist: 'house', ref: '1', phase: 'prepare', says: 'Demand 1' }],
      history: [{ state: 'failed' }],
    });
  });

  test('merges checklists without repeats, and says of each check which items it decides', async () => {
    const id = await begin({ checklists: ['house', 'provider'] });
    const { body: view } = await call('GET', `/${id}`);
    expect(view.requiredDuties).toEqual(['security', 'engineering']);
    expect(checkOf(view, 'gateway.is-good')?.items).toEqual([
      { checklist: 'house', ref: '1', phase: 'prepare' },
      { checklist: 'provider', ref: '1', phase: 'prepare' },
    ]);
    expect(checkOf(view, 'gateway.drilled')).toMatchObject({ state: 'unknown', next: { kind: 'wait', post: null } });
  });

  test('that is made of nothing of a kind leaves those checks unknown, until an answer says that it is so', async () => {
    const id = await begin({ integration: {} });
    const endpoints = async () => checkOf((await call('GET', `/${id}`)).body, 'endpoint.is-good');
    expect(await endpoints()).toMatchObject({ state: 'unknown', because: 'No endpoint is part of this review.' });
    await call('PATCH', `/${id}`, { version: 1, answers: { sends: false } });
    expect(await endpoints()).toMatchObject({ state: 'not-applicable', because: 'Nothing is sent.' });
    const contradicting = await call('PATCH', `/${id}`, {
      version: 2,
      integration: { sources: [], endpoints: [stand.endpoint], connections: [] },
    });
    expect(contradicting).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/answers/sends', message: 'is contradicted by the review: it has endpoints' }] },
    });
  });

  test('is refused with the place of each mistake', async () => {
    const answers = { sends: 'no', other: 1 };
    const made = await call('POST', '', {
      name: 'x',
      checklists: ['nothing'],
      integration: { sources: ['src_01kajxkkj8ffkr1g8xs6a3ek0r'], endpoints: [stand.endpoint, stand.endpoint] },
      answers,
    });
    expect(made).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((made.body as Refused).errors.map(({ pointer }) => pointer)).toEqual([
      '/checklists/0',
      '/integration/sources/0',
      '/integration/endpoints/1',
      '/answers/sends',
      '/answers/other',
    ]);
  });

  test('is changed by whoever saw its last change, and by nobody else', async () => {
    const id = await begin();
    expect(await call('PATCH', `/${id}`, { version: 1, name: 'Other' })).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    expect(await call('PATCH', `/${id}`, { version: 1, name: 'Lost' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    expect((await call('GET', `/${id}`)).body.name).toBe('Other');
  });

  test('closes and opens again', async () => {
    const id = await begin();
    expect((await call('PATCH', `/${id}`, { version: 1, status: 'closed' })).body.status).toBe('closed');
    expect((await call('PATCH', `/${id}`, { version: 2, status: 'open' })).body.status).toBe('open');
    const closed = await begin();
    await call('PATCH', `/${closed}`, { version: 1, status: 'closed' });
    const found = await call('GET', '?status=closed');
    expect(listed(found.body).map(({ id: closedId }) => closedId)).toEqual([closed]);
  });

  test('belongs to its team: another one finds none of it', async () => {
    const id = await begin();
    const other = await stand.api.createTeam();
    expect((await stand.api.call('GET', `/v1/teams/${other}/reviews/${id}`)).status).toBe(404);
    expect((await stand.api.call('POST', `/v1/teams/${other}/reviews/${id}/run`)).status).toBe(404);
    expect((await stand.api.call('GET', `/v1/teams/${other}/reviews`)).body.data).toEqual([]);
  });

  test('whose endpoint was deleted says so, and can be mended', async () => {
    const body = { url: 'https://b.example.com/', eventTypes: ['a.b'] };
    const endpoint = (await stand.api.call('POST', `${stand.at}/endpoints`, { body })).body.id as string;
    const id = await begin({ integration: { endpoints: [endpoint] } });
    await stand.api.call('DELETE', `${stand.at}/endpoints/${endpoint}`);
    expect(checkOf((await call('GET', `/${id}`)).body, 'endpoint.is-good')).toMatchObject({
      state: 'unknown',
      because: 'The endpoint was deleted: take it out of the review.',
    });
    expect((await call('PATCH', `/${id}`, { version: 1, name: 'Still' })).status).toBe(200);
  });
});

describe('the checks of a review', () => {
  test('are listed page by page, by section, state and severity', async () => {
    const id = await begin();
    const first = await call('GET', `/${id}/checks?limit=2`);
    expect(listed(first.body).map(({ check }) => check)).toEqual(['endpoint.is-good', 'gateway.is-good']);
    const second = await call('GET', `/${id}/checks?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ data: [{ check: 'people.are-briefed' }], nextCursor: null });
    const minor = await call('GET', `/${id}/checks?severity=minor&state=unknown`);
    expect(minor.body.data).toHaveLength(1);
    expect((await call('GET', `/${id}/checks?section=launch`)).body.data).toHaveLength(1);
    expect((await call('GET', `/${id}/checks?state=waived`)).body.data).toEqual([]);
  });

  test('have an owner and a date, who is a member of the team', async () => {
    const id = await begin();
    const member = await stand.api.call('POST', `${stand.at}/members`, {
      body: { name: 'Ada', email: `${id}@example.com`, role: 'developer' },
    });
    const owner = member.body.id as string;
    const dueAt = '2027-01-01T00:00:00.000Z';
    const assigned = await call('PUT', `/${id}/checks/gateway.is-good`, { owner, dueAt });
    expect(assigned).toMatchObject({ status: 200, body: { owner, dueAt } });
    expect((await call('GET', `/${id}/checks/gateway.is-good`)).body).toMatchObject({ owner, dueAt });
    await call('PUT', `/${id}/checks/gateway.is-good`, { owner: null, dueAt: null });
    expect((await call('GET', `/${id}/checks/gateway.is-good`)).body).toMatchObject({ owner: null, dueAt: null });
    const nobody = { owner: 'mem_01kajxkkj8ffkr1g8xs6a3ek0r', dueAt: null };
    expect((await call('PUT', `/${id}/checks/gateway.is-good`, nobody)).status).toBe(404);
    expect((await call('PUT', `/${id}/checks/no.such`, { owner, dueAt })).status).toBe(404);
  });

  test('and the review are commented on', async () => {
    const id = await begin();
    await call('POST', `/${id}/comments`, { text: 'We begin.' });
    const made = await call('POST', `/${id}/comments`, { text: 'On it.', check: 'gateway.is-good' });
    expect(made).toMatchObject({ status: 201, body: { check: 'gateway.is-good', author: 'operator' } });
    const { body } = await call('GET', `/${id}/comments`);
    expect(listed(body).map(({ text }) => text)).toEqual(['On it.', 'We begin.']);
    expect((await call('GET', `/${id}/checks/gateway.is-good`)).body.comments).toMatchObject([{ text: 'On it.' }]);
    expect((await call('POST', `/${id}/comments`, { text: 'x', check: 'no.such' })).status).toBe(404);
  });
});

describe('the history of a review', () => {
  test('notes how it stood at each run, and tells what changed since', async () => {
    const id = await begin();
    expect((await call('GET', `/${id}/diff`)).status).toBe(404);
    await call('POST', `/${id}/run`);
    expect((await call('GET', `/${id}/diff`)).body.changed).toEqual([]);
    stand.weather.failing.add('gateway.is-good');
    await call('POST', `/${id}/run`);
    const { body: history } = await call('GET', `/${id}/history`);
    expect(history.data).toMatchObject([
      { takenBy: 'operator', states: { passed: 1, failed: 1, unknown: 1 } },
      { states: { passed: 2, unknown: 1 } },
    ]);
    const [newest, oldest] = history.data;
    const { body: diff } = await call('GET', `/${id}/diff?from=${oldest.id}&to=${newest.id}`);
    expect(diff.changed).toEqual([
      { check: 'gateway.is-good', subject: { kind: 'gateway', id: 'gateway' }, from: 'passed', to: 'failed' },
    ]);
    expect((await call('GET', `/${id}/diff?from=yesterday`)).status).toBe(400);
    expect((await call('GET', `/${id}/diff?from=2020-01-01T00:00:00Z`)).status).toBe(404);
  });

  test('is not filled by the gateway finding the same again', async () => {
    const id = await begin();
    await stand.reviews.reviews.run(stand.team, id);
    stand.clock.nowMs += 1_000;
    await stand.reviews.reviews.run(stand.team, id);
    const { body } = await call('GET', `/${id}/history`);
    expect(body.data).toHaveLength(1);
    expect(Date.parse(body.data[0].confirmedAt)).toBe(Date.parse(body.data[0].takenAt) + 1_000);
    stand.weather.failing.add('gateway.is-good');
    await stand.reviews.reviews.run(stand.team, id);
    expect((await call('GET', `/${id}/history`)).body.data).toHaveLength(2);
  });
});

test('runs of two at a time leave a snapshot each, and none is lost', async () => {
  const id = await begin();
  const runs = await Promise.all([call('POST', `/${id}/run`), call('POST', `/${id}/run`)]);
  expect(runs.map(({ status }) => status)).toEqual([200, 200]);
  expect(listed((await call('GET', `/${id}/history`)).body)).toHaveLength(2);
});

test('two who change it at once: one is refused, and nothing of the other is lost', async () => {
  const id = await begin();
  const change = (name: string) => call('PATCH', `/${id}`, { version: 1, name });
  const answers = await Promise.all([change('One'), change('Other')]);
  const taken = answers.filter(({ status }) => status === 200).map(({ body }) => (body as { name: string }).name);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(1);
  expect((await call('GET', `/${id}`)).body).toMatchObject({ name: taken.join(), version: 2 });
});

test('reopening is told once, as an operational event, and so is going on', async () => {
  const id = await begin();
  const set = (status: 'promoted' | 'reopened', because: string | null) =>
    stand.reviews.reviews.setStatus({ teamId: stand.team, reviewId: id, status, because });
  await set('promoted', null);
  expect(await stand.reviews.reviews.watched()).toContainEqual({ teamId: stand.team, reviewId: id });
  const before = stand.told();
  await set('reopened', 'Errors.');
  await set('reopened', 'Errors.');
  expect(stand.told()).toBe(before + 1);
  const { rows } = await stand.api.database.pool.query(
    `SELECT data FROM operational_outbox WHERE type = 'posthorn.review.reopened'`,
  );
  expect(rows).toEqual([{ data: { reviewId: id, name: 'Going live', because: 'Errors.', was: 'promoted' } }]);
  expect((await call('GET', `/${id}`)).body).toMatchObject({ status: 'reopened', because: 'Errors.' });
  const by = { actor: { kind: 'operator' as const }, requestId: 'req_x', address: null };
  await stand.reviews.reviews.setStatus({
    teamId: stand.team,
    reviewId: id,
    status: 'promoted',
    because: 'Mended.',
    by,
  });
  expect(stand.told()).toBe(before + 2);
  const { rows: resumed } = await stand.api.database.pool.query(
    `SELECT data FROM operational_outbox WHERE type = 'posthorn.review.resumed'`,
  );
  expect(resumed).toEqual([{ data: { reviewId: id, name: 'Going live', because: 'Mended.', was: 'reopened' } }]);
});

describe('evidence', () => {
  test('is kept fresh: what is stale or about to be is measured again, by one node', async () => {
    await stand.api.database.pool.query(`UPDATE review SET status = 'closed'`);
    const id = await begin();
    await call('POST', `/${id}/run`);
    stand.weather.measured.length = 0;
    const { worker } = stand.reviews;
    worker.start();
    await worker.stop();
    expect(stand.weather.measured).toEqual([]);
    stand.clock.nowMs += 3_500_000;
    worker.start();
    await worker.stop();
    expect(stand.weather.measured).toEqual([`endpoint.is-good ${stand.endpoint}`]);
    worker.start();
    await worker.stop();
    expect(stand.weather.measured).toHaveLength(1);
    expect(stand.errors).toEqual([]);
  });
});

test('keys may read and write as their permissions say', async () => {
  const id = await begin();
  const reader = await stand.api.createKey(stand.team, ['reviews:read']);
  const ask = (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) =>
    stand.api.call(method, `${stand.at}/reviews${path}`, { key: reader.key, ...(body === undefined ? {} : { body }) });
  expect((await ask('GET', `/${id}`)).status).toBe(200);
  expect((await ask('POST', `/${id}/run`)).status).toBe(403);
  expect((await ask('PATCH', `/${id}`, { version: 1 })).status).toBe(403);
  expect((await ask('POST', `/${id}/comments`, { text: 'x' })).status).toBe(403);
});
