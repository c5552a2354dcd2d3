import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { Problem } from '../../src/problem.ts';
import { openPromotionStand, type PromotionStand, promotionOf } from './promotion-stand.ts';

let stand: PromotionStand;
let team: string;
let path: string;
beforeAll(async () => {
  stand = await openPromotionStand();
});
beforeEach(async () => {
  team = await stand.createTeam();
  path = `/v1/teams/${team}/promotions`;
  await stand.settle();
});
afterAll(() => stand[Symbol.asyncDispose]());

type Body = { id: string; state: string; steps: { name: string; outcome: string; seen: string }[]; because: string };
const promote = async (of: { review: string; connection: string }, more: object = {}, key?: string) =>
  stand.call('POST', path, { body: promotionOf(of, more), ...(key === undefined ? {} : { key }) });
const promoted = async (of: { review: string; connection: string }, more: object = {}): Promise<Body> => {
  const { body, status, text } = await promote(of, more);
  expect(status, text).toBe(202);
  return body as Body;
};
const shown = async ({ id }: { id: string }): Promise<Body> => (await stand.call('GET', `${path}/${id}`)).body as Body;

describe('a promotion', () => {
  test('switches environment, address and credentials at once, tries them and goes live', async () => {
    const of = await stand.newReview(team);
    const before = await stand.connection(team, of.connection);
    const made = await promoted(of);
    expect(made).toMatchObject({ state: 'preparing', review: of.review, verdict: { passed: true } });
    expect(JSON.stringify(made)).not.toContain('api_of');
    expect(await stand.connection(team, of.connection)).toEqual(before);
    expect(await stand.work()).toBe(true);
    expect(await stand.connection(team, of.connection)).toMatchObject({
      environment: 'production',
      baseUrl: 'https://documents.example.com/api',
      credentials: [{ name: 'new', fields: { token: { value: 'api_of-production' } } }],
    });
    const live = await shown(made);
    expect(live).toMatchObject({ state: 'live', because: null });
    expect(live.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'decided succeeded',
      'switched succeeded',
      'read succeeded',
      'endpoint skipped',
      'source skipped',
      'archive skipped',
      'live succeeded',
    ]);
    expect(live.steps[1]).toMatchObject({ seen: expect.stringContaining(' with the credential ') });
    expect(stand.reviews.statusOf(of.review)).toMatchObject({ status: 'promoted' });
    expect(await stand.outbox()).toMatchObject([{ type: 'posthorn.promotion.completed', data: { overridden: false } }]);
    expect((await stand.audited(team)).slice(-3)).toEqual([
      'promotion.started',
      'promotion.switched',
      'promotion.completed',
    ]);
    expect(await stand.work()).toBe(false);
  });

  test('goes back by itself when the read fails, with the very credentials that were there', async () => {
    const of = await stand.newReview(team);
    const before = await stand.connection(team, of.connection);
    stand.answers(401);
    const made = await promoted(of);
    await stand.work();
    expect(await stand.connection(team, of.connection)).toEqual(before);
    const ended = await shown(made);
    expect(ended).toMatchObject({ state: 'rolled-back', because: expect.stringContaining('answered 401') as unknown });
    expect(stand.reviews.statusOf(of.review)).toMatchObject({ status: 'open' });
    expect(await stand.outbox()).toMatchObject([{ type: 'posthorn.promotion.rolled_back' }]);
    const { rows } = await stand.database.pool.query(
      'SELECT FROM promotion_credential WHERE promotion_id::text <> $1',
      [''],
    );
    expect(rows).toHaveLength(await keptElsewhere());
  });

  test.each([
    [401, 'does not take the credential'],
    [403, 'does not allow it'],
    [404, 'smoke.path'],
  ])('and of a read that is answered %i says what to look at', async (status, remedy) => {
    stand.answers(status);
    const made = await promoted(await stand.newReview(team));
    await stand.work();
    expect((await shown(made)).because).toContain(remedy);
  });

  test('ends as failed when there is nothing left to switch, and tells the team and the audit log so', async () => {
    const of = await stand.newReview(team);
    const made = await promoted(of);
    const gone = await stand.call('DELETE', `/v1/teams/${team}/connections/${of.connection}`);
    expect(gone.status, gone.text).toBe(204);
    expect(await stand.work()).toBe(true);
    const because = `Nothing was switched: ${of.connection} was deleted.`;
    const ended = await shown(made);
    expect(ended).toMatchObject({ state: 'failed', because });
    expect(ended.steps.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'decided succeeded',
      'failed failed',
    ]);
    expect(stand.reviews.statusOf(of.review)).toMatchObject({ status: 'open' });
    expect(await stand.outbox()).toMatchObject([
      { type: 'posthorn.promotion.rolled_back', data: { promotionId: made.id, reason: because } },
    ]);
    expect((await stand.audited(team)).at(-1)).toBe('promotion.failed');
    const kept = await stand.database.pool.query<{ name: string }>(
      `SELECT name FROM connection_credential WHERE connection_id = $1 UNION ALL
        SELECT name FROM promotion_credential WHERE promotion_id = $2`,
      [uuidFromId(of.connection), uuidFromId(made.id)],
    );
    expect(kept.rows).toEqual([]);
    expect(await stand.work()).toBe(false);
  });

  test('does not go live when its connection is deleted while it is tried, and the review stays as it was', async () => {
    const of = await stand.newReview(team);
    stand.answersBy(async ({ path: read }) => {
      const gone = await stand.call('DELETE', `/v1/teams/${team}/connections/${of.connection}`);
      expect(gone.status, gone.text).toBe(204);
      return { callId: 'call_x', status: 200, headers: {}, body: Readable.from([read]) };
    });
    const made = await promoted(of);
    expect(await stand.work()).toBe(true);
    const ended = await shown(made);
    expect(ended).toMatchObject({ state: 'rolled-back', because: `${of.connection} was deleted while it was tried.` });
    expect(ended.steps.at(-1)).toMatchObject({
      name: 'rolled-back',
      seen: 'The connection was deleted: there is nothing to lead back.',
    });
    expect(stand.reviews.statusOf(of.review)).toMatchObject({ status: 'open' });
    expect(await stand.outbox()).toMatchObject([{ type: 'posthorn.promotion.rolled_back' }]);
    expect((await stand.audited(team)).at(-1)).toBe('promotion.rolled-back');
    const kept = await stand.database.pool.query('SELECT FROM promotion_credential WHERE promotion_id = $1', [
      uuidFromId(made.id),
    ]);
    expect(kept.rows).toHaveLength(0);
    expect(await stand.work()).toBe(false);
  });

  test('and when nothing answers, says which problem it was', async () => {
    const of = await stand.newReview(team);
    stand.answers(0, new Problem('credential_failed', 'the user has not allowed the integration yet'));
    const made = await promoted(of);
    await stand.work();
    expect((await shown(made)).because).toContain('credential_failed: the user has not allowed the integration yet');
  });

  test('sends a test event through an endpoint of the review', async () => {
    const endpoint = await stand.call('POST', `/v1/teams/${team}/endpoints`, {
      body: { url: 'https://receiver.example.com/hook', eventTypes: ['*'] },
    });
    const of = await stand.newReview(team, { endpoints: [(endpoint.body as { id: string }).id] });
    const made = await promoted(of);
    await stand.work();
    expect((await shown(made)).steps.find(({ name }) => name === 'endpoint')).toMatchObject({ outcome: 'succeeded' });
    expect(stand.told.at(-1)).toMatchObject({
      type: 'posthorn.promotion.smoke_test',
      onlyEndpointId: of.review && expect.anything(),
    });
  });

  test('can be rolled back while it is live, by whoever may change the connection, and the review is reopened', async () => {
    const of = await stand.newReview(team);
    const before = await stand.connection(team, of.connection);
    const made = await promoted(of);
    await stand.work();
    expect((await stand.look())?.findings).toEqual([]);
    const back = await stand.call('POST', `${path}/${made.id}/roll-back`, {
      body: { reason: 'Documents are refused.' },
    });
    expect(back.status, back.text).toBe(200);
    expect(back.body).toMatchObject({ state: 'rolled-back', because: 'Documents are refused.' });
    expect(await stand.connection(team, of.connection)).toEqual(before);
    expect(await stand.look()).toMatchObject({ reopened: true, findings: [{ kind: 'rolled-back' }] });
    expect(stand.reviews.statusOf(of.review)).toMatchObject({ status: 'reopened' });
    expect(await stand.look()).toBeNull();
    const again = await stand.call('POST', `${path}/${made.id}/roll-back`, { body: { reason: 'twice' } });
    expect(again.body).toMatchObject({ code: 'conflict' });
  });

  test('is refused while another is under way, and for what is no part of the review', async () => {
    const of = await stand.newReview(team);
    await promoted(of);
    expect((await promote(of)).body).toMatchObject({ code: 'conflict' });
    await stand.work();
    expect((await promote(of)).body).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('production already') as unknown,
    });
    const other = await stand.newReview(team);
    const mixed = { review: of.review, connection: other.connection };
    expect((await promote(mixed)).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/connection' }],
    });
    expect((await promote({ ...other, review: 'rev_x' })).status).toBe(404);
    const elsewhere = promotionOf(other, { smoke: { endpoint: 'ep_x' } });
    expect((await stand.call('POST', path, { body: elsewhere })).body).toMatchObject({
      errors: [{ pointer: '/smoke/endpoint' }],
    });
  });
});

describe('what a promotion is decided by', () => {
  test('a review that is not passed is not promoted, but by an owner with a reason, which is shown ever after', async () => {
    const of = await stand.newReview(team, { passed: false });
    const [owner, admin] = [await stand.addMember(team, 'owner'), await stand.addMember(team, 'admin')];
    const refused = await promote(of, {}, admin.key);
    expect(refused.body).toMatchObject({
      status: 409,
      code: 'review_not_passed',
      detail: expect.stringContaining('a.check failed') as unknown,
    });
    const override = { override: { reason: 'The customer waits.' } };
    expect((await promote(of, override, admin.key)).body).toMatchObject({ code: 'forbidden' });
    const machine = await stand.createKey(team, ['*']);
    expect((await promote(of, override, machine.key)).body).toMatchObject({ code: 'forbidden' });
    const decided = await promote(of, override, owner.key);
    expect(decided.status, decided.text).toBe(202);
    await stand.work();
    expect(await shown(decided.body as Body)).toMatchObject({
      state: 'live',
      override: { reason: 'The customer waits.', by: owner.id, freeze: null },
      verdict: { passed: false, because: ['a.check failed.'] },
    });
    expect(await stand.outbox()).toMatchObject([{ data: { overridden: true } }]);
  });

  test('a freeze stands against it while it lasts', async () => {
    const of = await stand.newReview(team);
    const at = (hours: number): string => new Date(stand.now() + hours * 3_600_000).toISOString();
    const windows = `/v1/teams/${team}/freeze-windows`;
    const set = async (from: number, until: number) =>
      stand.call('PUT', windows, {
        body: { windows: [{ from: at(from), until: at(until), reason: 'End of the quarter' }] },
      });
    expect((await set(1, 1)).body).toMatchObject({ errors: [{ pointer: '/windows/0/until' }] });
    expect((await set(-1, 1)).status).toBe(200);
    expect((await stand.call('GET', windows)).body).toMatchObject({ windows: [{ reason: 'End of the quarter' }] });
    const admin = await stand.addMember(team, 'admin');
    expect((await promote(of, {}, admin.key)).body).toMatchObject({
      code: 'promotion_frozen',
      detail: expect.stringContaining('End of the quarter') as unknown,
    });
    const decided = await promoted(of, { override: { reason: 'A law begins today.' } });
    expect(decided).toMatchObject({ override: { freeze: 'End of the quarter' } });
    await set(-3, -1);
    await stand.work();
    expect((await promote(await stand.newReview(team), {}, admin.key)).status).toBe(202);
  });

  test.each([
    [
      'the very token of the sandbox',
      { credentials: [{ fields: { token: 'api_of-the-sandbox' } }] },
      '/production/credentials/0/fields/token',
    ],
    [
      'the address of the sandbox',
      { baseUrl: 'https://documents.sandbox-host.example.com/other' },
      '/production/baseUrl',
    ],
    ['an address for tests', { baseUrl: 'https://staging.example.com/api' }, '/production/baseUrl'],
  ])('refuses %s in production, and never quotes a secret', async (_what, more, pointer) => {
    const of = await stand.newReview(team);
    const body = promotionOf(of);
    const refused = await stand.call('POST', path, { body: { ...body, production: { ...body.production, ...more } } });
    expect(refused.body).toMatchObject({ code: 'sandbox_remains', errors: [{ pointer }] });
    expect(refused.text).not.toContain('api_of-the-sandbox');
    expect(await stand.work()).toBe(false);
  });

  test("refuses a key of GoRoute's sandbox, and its receivers for tests", async () => {
    const made = await stand.call('POST', `/v1/teams/${team}/connections`, {
      body: {
        provider: 'goroute',
        environment: 'sandbox',
        name: 'g',
        credentials: [{ fields: { name: 'X-API-Key', value: 'sk_test_1234567890' } }],
      },
    });
    const connection = (made.body as { id: string }).id;
    const review = stand.reviews.add(team, { connections: [connection], sources: [], endpoints: [] });
    const production = { credentials: [{ fields: { name: 'X-API-Key', value: 'sk_test_another' } }] };
    const refused = await stand.call('POST', path, { body: { review, connection, production } });
    expect(refused.status).toBe(422);
    expect(refused.text).not.toContain('sk_test_another');
  });
});

/** Former credentials of promotions that are live: everything else is gone. */
async function keptElsewhere(): Promise<number> {
  const { rows } = await stand.database.pool.query<{ kept: number }>(
    `SELECT count(*)::integer AS kept FROM promotion_credential c JOIN promotion p ON p.team_id = c.team_id AND p.id = c.promotion_id
      WHERE p.state = 'live' AND c.part = 'former'`,
  );
  return rows[0]?.kept ?? -1;
}
