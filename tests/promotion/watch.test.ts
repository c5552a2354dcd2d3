import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LaunchPlan } from '../../src/promotion/launch-plan.ts';
import { recordCalls } from '../calls/recorded-calls.ts';
import { planBy } from './plans.ts';
import { openPromotionStand, type PromotionStand, promotionOf } from './promotion-stand.ts';

let stand: PromotionStand;
let team: string;
let owner: { id: string; key: string };
let deputy: { id: string; key: string };
beforeAll(async () => {
  stand = await openPromotionStand();
});
beforeEach(async () => {
  team = await stand.createTeam();
  await stand.settle();
  [owner, deputy] = [await stand.addMember(team, 'owner'), await stand.addMember(team, 'developer')];
});
afterAll(() => stand[Symbol.asyncDispose]());

const minuteMs = 60_000;
const at = (review: string): string => `/v1/teams/${team}/reviews/${review}`;
const setPlan = async (review: string, plan: LaunchPlan, version = 0) =>
  stand.call('PUT', `${at(review)}/launch-plan`, { body: { version, plan }, key: owner.key });

/** A connection in production, watched by a whole plan. */
async function live(more: Partial<LaunchPlan> = {}) {
  const of = await stand.newReview(team);
  const plan = planBy([owner.id, deputy.id], of.connection, stand.now(), more);
  const set = await setPlan(of.review, plan);
  expect(set.status, set.text).toBe(200);
  await stand.call('POST', `/v1/teams/${team}/promotions`, { body: promotionOf(of) });
  await stand.work();
  await stand.outbox();
  return { ...of, plan };
}
/** Calls that failed within the last second, after the launch unless a time is given. */
const failing = async (connectionId: string, count: number, atMs?: number) => {
  if (atMs === undefined) stand.passTime(1_000);
  const fromMs = atMs ?? stand.now() - 500;
  await recordCalls(
    stand.database.pool,
    team,
    Array.from({ length: count }, (_, index) => ({
      atMs: fromMs + index,
      start: { connectionId },
      end: { status: 500, error: 'provider_failed' as const },
    })),
  );
};

describe('a launch plan', () => {
  test('is set as versions, each made from the one before', async () => {
    const { review, connection } = await stand.newReview(team);
    const plan = planBy([owner.id, deputy.id], connection, stand.now());
    expect((await stand.call('GET', `${at(review)}/launch-plan`)).status).toBe(404);
    expect((await setPlan(review, plan)).body).toMatchObject({ version: 1, setBy: owner.id });
    expect((await setPlan(review, plan)).body).toMatchObject({ code: 'conflict' });
    expect((await setPlan(review, { ...plan, walkedThrough: null }, 1)).body).toMatchObject({ version: 2 });
    expect((await stand.call('GET', `${at(review)}/launch-plan`)).body).toMatchObject({
      versions: 2,
      plan: { walkedThrough: null },
    });
    expect((await stand.audited(team)).slice(-2)).toEqual(['launch-plan.set', 'launch-plan.set']);
  });

  test.each<[string, (plan: LaunchPlan) => LaunchPlan, string]>([
    [
      'somebody who is no member',
      (plan) => ({ ...plan, criteria: { ...plan.criteria, decides: 'mem_x' } }),
      '/plan/criteria/decides',
    ],
    [
      'a check that is not there',
      (plan) => ({ ...plan, requirements: [{ demand: 'peak', checks: ['no.check'] }] }),
      '/plan/requirements/0/checks/0',
    ],
    [
      'one limit twice',
      (plan) => ({ ...plan, thresholds: [...plan.thresholds.slice(0, 2), ...plan.thresholds.slice(0, 1)] }),
      '/plan/thresholds/2/name',
    ],
    [
      'a window that ends before it begins',
      (plan) => ({ ...plan, window: { from: plan.window.until, until: plan.window.from }, steps: [] }),
      '/plan/window/until',
    ],
    [
      'a step outside of its part',
      (plan) => ({ ...plan, steps: plan.steps.map((step) => ({ ...step, when: 'during' as const })) }),
      '/plan/steps/0/at',
    ],
    [
      'one person twice in a phase',
      (plan) => ({ ...plan, phases: plan.phases.map((each) => ({ ...each, deputy: each.reviewer })) }),
      '/plan/phases/0/deputy',
    ],
    [
      'a connection of another review',
      (plan) => ({ ...plan, rampUp: plan.rampUp.map((step) => ({ ...step, connection: 'con_x' })) }),
      '/plan/rampUp/0/connection',
    ],
  ])('with %s is refused, and it is said where', async (_what, change, pointer) => {
    const { review, connection } = await stand.newReview(team);
    const plan = change(planBy([owner.id, deputy.id], connection, stand.now()));
    const refused = await setPlan(review, plan);
    expect(refused.status).toBe(400);
    expect((refused.body as { errors: { pointer: string }[] }).errors.map((each) => each.pointer)).toContain(pointer);
  });
});

describe('the watch', () => {
  test('looks as often as the phase says, and measures the review each time', async () => {
    const { review } = await live();
    const runs = stand.reviews.runs.length;
    expect(await stand.look()).toMatchObject({ phase: 'launch-day', checks: 1, findings: [], reopened: false });
    expect(await stand.look()).toBeNull();
    stand.passTime(5 * minuteMs);
    expect(await stand.look()).toMatchObject({ phase: 'launch-day' });
    stand.passTime(2 * 86_400_000);
    expect(await stand.look()).toMatchObject({ phase: 'first-week' });
    stand.passTime(10 * 86_400_000);
    expect(await stand.look()).toMatchObject({ phase: 'weeks-2-4' });
    stand.passTime(30 * 86_400_000);
    expect(await stand.look()).toMatchObject({ phase: 'ongoing' });
    expect(stand.reviews.runs.length - runs).toBe(5);
    const { body } = await stand.call('GET', `${at(review)}/watch?limit=2`);
    expect((body as { data: { phase: string }[] }).data.map(({ phase }) => phase)).toEqual(['ongoing', 'weeks-2-4']);
  });

  test('a limit that is crossed for as long as the plan says reopens the review and says who decides, once', async () => {
    const { review, connection } = await live();
    await failing(connection, 10);
    expect(await stand.look()).toMatchObject({ reopened: false, findings: [] });
    stand.passTime(5 * minuteMs);
    const look = await stand.look();
    expect(look).toMatchObject({
      reopened: true,
      findings: [{ kind: 'limit', decides: owner.id, action: 'Roll back, and tell support.' }],
    });
    expect(look?.measures.find(({ name }) => name === 'errorPercent')).toMatchObject({
      value: 100,
      limit: 5,
      crossed: true,
    });
    expect(stand.reviews.statusOf(review)).toMatchObject({
      status: 'reopened',
      because: expect.stringContaining('errorPercent is 100') as unknown,
    });
    const listed = await stand.call('GET', `/v1/teams/${team}/promotions`);
    const { id } = (listed.body as { data: [{ id: string }] }).data[0];
    const rollBack = `POST /v1/teams/${team}/promotions/${id}/roll-back`;
    expect(await stand.outbox()).toMatchObject([
      {
        type: 'posthorn.launch.limit_crossed',
        data: { threshold: 'errorPercent', value: 100, limit: 5, decides: owner.id, rollBack },
      },
    ]);
    stand.passTime(5 * minuteMs);
    expect(await stand.look()).toMatchObject({ reopened: false, findings: [{ kind: 'limit' }] });
    expect(await stand.outbox()).toEqual([]);
    const { body } = await stand.call('GET', `${at(review)}/watch?found=true`);
    expect((body as { data: unknown[] }).data).toHaveLength(2);
  });

  test('what failed in the sandbox before the launch crosses no limit of it', async () => {
    const { connection } = await live();
    await failing(connection, 10, stand.now() - minuteMs);
    expect((await stand.look())?.measures.find(({ name }) => name === 'errorPercent')).toMatchObject({ value: null });
    stand.passTime(5 * minuteMs);
    expect(await stand.look()).toMatchObject({ reopened: false, findings: [] });
  });

  test('a limit that is exceeded for a moment alone reopens nothing', async () => {
    const { review, connection } = await live();
    await failing(connection, 10);
    stand.passTime(58 * minuteMs);
    const exceeded = (await stand.look())?.measures.find(({ name }) => name === 'errorPercent');
    expect(exceeded).toMatchObject({ value: 100, exceededSince: expect.any(String), crossed: false });
    stand.passTime(5 * minuteMs);
    expect(await stand.look()).toMatchObject({ findings: [], reopened: false });
    expect(stand.reviews.statusOf(review)).toMatchObject({ status: 'promoted' });
  });

  test.each([
    ['failed', 'check-failed'],
    ['stale', 'evidence-stale'],
  ] as const)('a check that is %s and was not reopens the review', async (state, kind) => {
    const { review } = await live();
    await stand.look();
    stand.reviews.state(review).checks['a.check'] = state;
    stand.passTime(5 * minuteMs);
    expect(await stand.look()).toMatchObject({ reopened: true, findings: [{ kind }] });
    expect(stand.reviews.statusOf(review)).toMatchObject({ status: 'reopened' });
  });

  test('what an owner accepted as it was reopens nothing', async () => {
    const of = await stand.newReview(team, { passed: false });
    stand.reviews.state(of.review).checks['a.check'] = 'failed';
    const body = promotionOf(of, { override: { reason: 'The customer waits.' } });
    await stand.call('POST', `/v1/teams/${team}/promotions`, { body, key: owner.key });
    await stand.work();
    expect(await stand.look()).toMatchObject({ reopened: false, findings: [] });
  });

  describe('after it reopened a review', () => {
    const resume = async (review: string, body: object, key = owner.key) =>
      stand.call('POST', `${at(review)}/resume`, { body, key });
    const note = { note: 'The provider had an outage until 14:20.' };

    async function reopened() {
      const of = await live();
      await stand.look();
      stand.reviews.state(of.review).checks['a.check'] = 'failed';
      stand.reviews.state(of.review).passed = false;
      stand.passTime(5 * minuteMs);
      expect(await stand.look()).toMatchObject({ reopened: true });
      return of;
    }

    test('it is taken up again once it is passed, under the hand of who says so, and watched on', async () => {
      const { review } = await reopened();
      expect((await resume(review, note)).body).toMatchObject({
        code: 'review_not_passed',
        detail: expect.stringContaining('a.check failed.') as unknown,
      });
      stand.reviews.state(review).checks['a.check'] = 'passed';
      stand.reviews.state(review).passed = true;
      const because = 'Taken up again. The provider had an outage until 14:20.';
      expect(await resume(review, note)).toMatchObject({ status: 200, body: { review, status: 'promoted', because } });
      expect(stand.reviews.statusOf(review)).toMatchObject({ status: 'promoted', because });
      expect(stand.reviews.setBy.at(-1)).toMatchObject({ actor: { memberId: owner.id } });
      stand.passTime(5 * minuteMs);
      expect(await stand.look()).toMatchObject({ reopened: false, findings: [] });
      stand.reviews.state(review).checks['a.check'] = 'failed';
      stand.passTime(5 * minuteMs);
      expect(await stand.look()).toMatchObject({ reopened: true });
    });

    test('an owner goes on without that, with a reason, and nobody else', async () => {
      const { review } = await reopened();
      const override = { ...note, override: { reason: 'Nobody is harmed by it.' } };
      expect((await resume(review, override, deputy.key)).body).toMatchObject({ code: 'forbidden' });
      expect(await resume(review, override)).toMatchObject({
        status: 200,
        body: { because: `Taken up again. ${note.note} Decided by ${owner.id}: Nobody is harmed by it.` },
      });
      stand.passTime(5 * minuteMs);
      expect(await stand.look()).toMatchObject({ reopened: false });
    });

    test('it waits for a limit that is crossed still, whoever asks', async () => {
      const { review, connection } = await live();
      await failing(connection, 10);
      await stand.look();
      stand.passTime(5 * minuteMs);
      expect(await stand.look()).toMatchObject({ reopened: true });
      for (const body of [note, { ...note, override: { reason: 'It will pass.' } }]) {
        expect((await resume(review, body)).body).toMatchObject({
          code: 'conflict',
          detail: expect.stringContaining('errorPercent') as unknown,
        });
      }
      stand.passTime(60 * minuteMs);
      expect((await resume(review, note)).status).toBe(200);
    });

    test('nothing is taken up that was not reopened, was rolled back, or was never promoted', async () => {
      const { review } = await live();
      expect((await resume(review, note)).body).toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining('is promoted') as unknown,
      });
      const listed = await stand.call('GET', `/v1/teams/${team}/promotions`);
      const { id } = (listed.body as { data: [{ id: string }] }).data[0];
      const back = `/v1/teams/${team}/promotions/${id}/roll-back`;
      await stand.call('POST', back, { body: { reason: 'Tried.' } });
      expect(await stand.look()).toMatchObject({ reopened: true });
      expect((await resume(review, note)).body).toMatchObject({
        code: 'conflict',
        detail: expect.stringContaining('rolled back') as unknown,
      });
      const { review: never } = await stand.newReview(team);
      expect((await resume(never, note)).status).toBe(404);
    });
  });

  test('makes a summary of each day, which somebody opens and closes with a note', async () => {
    const { review, connection } = await live();
    await failing(connection, 3);
    await stand.look();
    const days = `${at(review)}/days`;
    const day = new Date(stand.now()).toISOString().slice(0, 10);
    const listed = (await stand.call('GET', days)).body as {
      data: { day: string; summary: Record<string, unknown> }[];
    };
    expect(listed.data[0]).toMatchObject({
      day,
      closedAt: null,
      summary: { failedCalls: 3, errorPercent: 100 },
    });
    const opened = await stand.call('POST', `${days}/${day}/open`, { key: deputy.key });
    expect(opened.body).toMatchObject({ openedBy: deputy.id, closedBy: null });
    const note = { note: 'Three calls failed while the provider was restarted.' };
    const closed = await stand.call('POST', `${days}/${day}/close`, { key: owner.key, body: note });
    expect(closed.body).toMatchObject({ openedBy: deputy.id, closedBy: owner.id, ...note });
    expect((await stand.call('POST', `${days}/${day}/close`, { body: note })).body).toMatchObject({ code: 'conflict' });
    expect((await stand.call('POST', `${days}/2020-01-01/close`, { body: note })).status).toBe(404);
    expect((await stand.audited(team)).slice(-2)).toEqual(['watch-day.opened', 'watch-day.closed']);
  });
});
