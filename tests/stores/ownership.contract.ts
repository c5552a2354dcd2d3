import { describe, expect, test } from 'vitest';
import { byText, ids, type Stage } from './stage.ts';

/** From the commit of an event to the end of its deliveries: who owns them meanwhile. */
export function ownershipContract(name: string, at: Stage): void {
  describe(`${name}: accept`, () => {
    test('a fresh delivery is owned by the epoch, a queued one waits for anybody', async () => {
      const [fresh, queued] = [at.scene.id('ep'), at.scene.id('ep')];
      const { deliveryIds } = await at.scene.post([{ endpointId: fresh }, { endpointId: queued, queued: true }]);
      expect(await at.store.delivery(deliveryIds[0])).toEqual({ state: 'pending', attempts: 0, owner: at.scene.epoch });
      expect(await at.store.queued(deliveryIds[0])).toBeNull();
      expect(await at.store.delivery(deliveryIds[1])).toEqual({ state: 'pending', attempts: 0, owner: null });
      expect(await at.store.queued(deliveryIds[1])).toMatchObject({ cycleAttempts: 0, bodyBytes: 12, claimedBy: null });
    });

    test.each([{ queued: false }, { queued: true }])('an epoch that is gone accepts nothing: $queued', async (how) => {
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      expect(await at.scene.accept([at.scene.plan([{ endpointId: at.scene.id('ep'), ...how }])])).toEqual({
        refused: 'epoch',
      });
      expect(await at.store.countEvents()).toBe(0);
    });

    test.each([-3_600_000, -1_500, 1_500, 3_600_000])('ids that are %i ms off are refused', async (clockOffMs) => {
      for (const queued of [false, true]) {
        const answer = await at.scene.accept([at.scene.plan([{ endpointId: at.scene.id('ep'), queued }])], {
          clockOffMs,
        });
        expect(answer).toMatchObject({ refused: 'clock' });
        const { databaseNowMs } = answer as { databaseNowMs: number };
        expect(Math.abs(databaseNowMs - (await at.store.nowMs()))).toBeLessThan(5_000);
      }
      expect(await at.store.countEvents()).toBe(0);
    });

    test('an older and a newer view of a team are stale, and so is one of a deleted team', async () => {
      const version = await at.store.changeTeam(at.scene.teamId);
      for (const queued of [false, true]) {
        const event = () => at.scene.plan([{ endpointId: at.scene.id('ep'), queued }]);
        const stale = { refused: 'stale', staleTeams: [at.scene.teamId] };
        expect(await at.scene.accept([event()], { version: version - 1 })).toEqual(stale);
        expect(await at.scene.accept([event()], { version: version + 1 })).toEqual(stale);
      }
      expect(await at.store.countEvents()).toBe(0);
      expect(await at.scene.accept([at.scene.plan([])], { version })).toMatchObject({ refused: null });
      await at.store.deleteTeam(at.scene.teamId);
      expect(await at.scene.accept([at.scene.plan([])], { version })).toMatchObject({ refused: 'stale' });
      expect(await at.scene.accept([at.scene.plan([])], { version: version + 1 })).toMatchObject({ refused: 'stale' });
    });

    test('one stale team refuses the whole batch and is named alone', async () => {
      const other = await at.store.addTeam();
      await at.store.changeTeam(other);
      const answer = await at.store.accepts.accept({
        epoch: at.scene.epoch,
        madeAtMs: await at.store.nowMs(),
        teams: new Map([
          [at.scene.teamId, { version: 1 }],
          [other, { version: 1 }],
        ]),
        events: [at.scene.plan([])],
      });
      expect(answer).toEqual({ refused: 'stale', staleTeams: [other] });
      expect(await at.store.countEvents()).toBe(0);
    });

    test('an idempotency key answers with the event it was used for first', async () => {
      const endpointId = at.scene.id('ep');
      const first = at.scene.plan([{ endpointId }], { idempotencyKey: 'k' });
      const again = at.scene.plan([{ endpointId }, { endpointId }], {
        idempotencyKey: 'k',
        requestHash: Buffer.from('b'),
      });
      expect(await at.scene.accept([first])).toEqual({ refused: null, earlier: new Map() });
      const answer = await at.scene.accept([again, at.scene.plan([])]);
      const earlier = { eventId: first.id, requestHash: first.draft.requestHash, deliveries: 1 };
      expect(answer).toEqual({ refused: null, earlier: new Map([[`${at.scene.teamId} k`, earlier]]) });
      expect(await at.store.countEvents()).toBe(2);
      expect(await at.store.delivery(again.deliveries[0].id)).toBeNull();
    });

    test('of two events with one key in one batch the first is accepted', async () => {
      const plan = (body: string) =>
        at.scene.plan([{ endpointId: at.scene.id('ep') }], { idempotencyKey: 'k', body: Buffer.from(body) });
      const [first, second] = [plan('a'), plan('b')];
      const answer = await at.scene.accept([first, second]);
      expect(answer.refused === null && answer.earlier.get(`${at.scene.teamId} k`)?.eventId).toBe(first.id);
      expect(await at.store.countEvents()).toBe(1);
      expect(await at.store.delivery(second.deliveries[0].id)).toBeNull();
    });

    test('another team may use the same key', async () => {
      const other = await at.store.addTeam();
      await at.scene.accept([at.scene.plan([], { idempotencyKey: 'k' })]);
      const answer = await at.store.accepts.accept({
        epoch: at.scene.epoch,
        madeAtMs: await at.store.nowMs(),
        teams: new Map([[other, { version: 1 }]]),
        events: [at.scene.plan([], { idempotencyKey: 'k', teamId: other })],
      });
      expect(answer).toEqual({ refused: null, earlier: new Map() });
      expect(await at.store.countEvents()).toBe(2);
    });
  });

  describe(`${name}: claim`, () => {
    test('gives as many as there is room for, the earliest first, of the endpoints asked for', async () => {
      const [one, two, three] = [at.scene.id('ep'), at.scene.id('ep'), at.scene.id('ep')];
      const posted: string[] = [];
      for (const endpointId of [one, one, one, two, two, three]) {
        posted.push(...(await at.scene.post([{ endpointId, queued: true }])).deliveryIds);
        await at.store.passTime(10);
      }
      const wants = [
        { endpointId: one, room: 2 },
        { endpointId: two, room: 5 },
      ];
      const items = await at.store.deliveries.claim(at.scene.epoch, wants, 1e9);
      expect(ids(items)).toEqual([posted[0], posted[1], posted[3], posted[4]]);
      expect(items.every((item) => item.epoch === at.scene.epoch && !item.fresh)).toBe(true);
      expect(await at.store.delivery(String(posted[0]))).toMatchObject({ owner: at.scene.epoch });
      expect(await at.store.queued(String(posted[0]))).toMatchObject({ claimedBy: at.scene.epoch });
      expect(await at.store.queued(String(posted[2]))).toMatchObject({ claimedBy: null });
      expect(ids(await at.store.deliveries.claim(at.scene.epoch, wants, 1e9))).toEqual([posted[2]]);
    });

    test('stops when the bodies fill the budget, but always gives one', async () => {
      const endpointId = at.scene.id('ep');
      for (let count = 0; count < 4; count += 1) {
        await at.scene.post([{ endpointId, queued: true }], { body: Buffer.alloc(100) });
        await at.store.passTime(10);
      }
      expect(await at.scene.claim(endpointId, 10, at.scene.epoch, 150)).toHaveLength(2);
      expect(await at.scene.claim(endpointId, 10, at.scene.epoch, 1)).toHaveLength(1);
      expect(await at.scene.claim(endpointId, 10, at.scene.epoch, 100)).toHaveLength(1);
    });

    test('an epoch that is gone claims nothing', async () => {
      const endpointId = at.scene.id('ep');
      await at.scene.post([{ endpointId, queued: true }]);
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      expect(await at.scene.claim(endpointId)).toEqual([]);
    });

    test('an empty body is a body', async () => {
      const endpointId = at.scene.id('ep');
      await at.scene.post([{ endpointId, queued: true }], { body: Buffer.alloc(0), contentType: 'text/plain' });
      expect(await at.scene.claim(endpointId)).toMatchObject([{ body: Buffer.alloc(0), contentType: 'text/plain' }]);
    });

    test('waiting endpoints are told with the moment of their earliest, claimed and blocked ones are not', async () => {
      const [due, later, claimed] = [at.scene.id('ep'), at.scene.id('ep'), at.scene.id('ep')];
      await at.scene.post([{ endpointId: due, queued: true }]);
      await at.scene.post([{ endpointId: claimed, queued: true }]);
      const { items } = await at.scene.post([{ endpointId: later }, { endpointId: later }]);
      await at.scene.settle(items[0], 'retry', { delayMs: 90_000 });
      await at.scene.settle(items[1], 'retry', { delayMs: 30_000 });
      await at.scene.claim(claimed);
      const waiting = await at.store.deliveries.waitingEndpoints();
      expect(waiting.map((entry) => entry.endpointId)).toEqual([due, later].toSorted(byText));
      const dueInMs = Object.fromEntries(waiting.map((entry) => [entry.endpointId, entry.dueInMs]));
      expect(dueInMs[due]).toBeLessThanOrEqual(0);
      expect(dueInMs[later]).toBeGreaterThan(20_000);
      expect(dueInMs[later]).toBeLessThanOrEqual(30_000);
    });
  });

  describe(`${name}: settle`, () => {
    test('a success ends the delivery and puts the attempt on record', async () => {
      const { items } = await at.scene.post([{ endpointId: at.scene.id('ep') }]);
      expect(await at.scene.settle(items[0], 'succeeded')).toBe(1);
      expect(await at.store.delivery(items[0].deliveryId)).toEqual({ state: 'succeeded', attempts: 1, owner: null });
      expect(await at.store.attempts(items[0].deliveryId)).toEqual([{ number: 1, status: 204, error: null }]);
    });

    test('a retry waits in the queue until it is due, and remembers its place in the schedule', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      expect(await at.scene.settle(items[0], 'retry', { delayMs: 60_000 })).toBe(1);
      expect(await at.store.queued(items[0].deliveryId)).toMatchObject({
        cycleAttempts: 1,
        bodyBytes: 12,
        claimedBy: null,
      });
      expect(await at.scene.claim(endpointId)).toEqual([]);
      const [waiting] = await at.store.deliveries.waitingEndpoints();
      expect(waiting).toMatchObject({ teamId: at.scene.teamId, endpointId });
      expect(waiting?.dueInMs).toBeGreaterThan(50_000);
      expect(waiting?.dueInMs).toBeLessThanOrEqual(60_000);
      await at.store.passTime(60_001);
      const [claimed] = await at.scene.claim(endpointId);
      const expected = { ...items[0], attempts: 1, cycleAttempts: 1, fresh: false };
      expect(claimed).toEqual(expected);
      expect(await at.scene.settle(claimed, 'retry', { delayMs: 5_000 })).toBe(1);
      expect(await at.store.queued(items[0].deliveryId)).toMatchObject({ cycleAttempts: 2, claimedBy: null });
      await at.store.passTime(5_001);
      const [last] = await at.scene.claim(endpointId);
      expect(await at.scene.settle(last, 'succeeded')).toBe(1);
      expect(await at.store.queued(items[0].deliveryId)).toBeNull();
      expect(await at.store.attempts(items[0].deliveryId)).toHaveLength(3);
    });

    test('a dead delivery leaves the queue and is told of, but not when it told of another', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      const { items: operational } = await at.scene.post([{ endpointId }], { type: 'posthorn.delivery.dead' });
      await at.scene.settle(items[0], 'dead');
      await at.scene.settle(operational[0], 'dead');
      expect(await at.store.delivery(items[0].deliveryId)).toMatchObject({ state: 'dead', owner: null });
      expect(await at.store.delivery(operational[0].deliveryId)).toMatchObject({ state: 'dead' });
      expect(await at.store.toldDead()).toBe(1);
    });

    test('an attempt that does not count is on record, and keeps the place in the schedule', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      expect(
        await at.scene.settle(items[0], 'retry', { delayMs: 0, counted: false, error: 'local', status: null }),
      ).toBe(1);
      const [claimed] = await at.scene.claim(endpointId);
      expect(claimed).toMatchObject({ attempts: 1, cycleAttempts: 0 });
      expect(await at.store.attempts(items[0].deliveryId)).toEqual([{ number: 1, status: null, error: 'local' }]);
    });

    test('an epoch that lost the delivery records its attempt and moves nothing', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      const { epoch } = await at.scene.join();
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      const [taken] = await at.scene.claim(endpointId, 1, epoch);
      for (const outcome of ['succeeded', 'retry', 'dead'] as const)
        expect(await at.scene.settle(items[0], outcome)).toBe(0);
      expect(await at.store.delivery(taken.deliveryId)).toEqual({ state: 'pending', attempts: 0, owner: epoch });
      expect(await at.store.queued(taken.deliveryId)).toMatchObject({ claimedBy: epoch, cycleAttempts: 0 });
      expect(await at.store.attempts(taken.deliveryId)).toHaveLength(3);
      expect(await at.store.toldDead()).toBe(0);
      expect(await at.scene.settle(taken, 'succeeded')).toBe(1);
    });

    test('the same batch twice is the same as once', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }, { endpointId }, { endpointId }]);
      const batch = [
        at.scene.attempt(items[0], 'succeeded'),
        at.scene.attempt(items[1], 'retry'),
        at.scene.attempt(items[2], 'dead'),
      ];
      expect(await at.store.deliveries.settle(at.scene.epoch, batch)).toBe(3);
      expect(await at.store.deliveries.settle(at.scene.epoch, batch)).toBe(0);
      for (const item of items) expect(await at.store.attempts(item.deliveryId)).toHaveLength(1);
      expect(await at.store.toldDead()).toBe(1);
    });

    test('a repeated settle does not touch what the same node has claimed again since', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      const attempt = at.scene.attempt(items[0], 'retry');
      await at.store.deliveries.settle(at.scene.epoch, [attempt]);
      const [again] = await at.scene.claim(endpointId);
      expect(await at.store.deliveries.settle(at.scene.epoch, [attempt])).toBe(0);
      expect(await at.store.delivery(again.deliveryId)).toEqual({
        state: 'pending',
        attempts: 1,
        owner: at.scene.epoch,
      });
      expect(await at.store.queued(again.deliveryId)).toMatchObject({ claimedBy: at.scene.epoch });
      expect(await at.scene.settle(again, 'succeeded')).toBe(1);
    });

    test('an attempt that is on record already does not spoil its batch (peers 2: outpost 946)', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }, { endpointId }]);
      const known = at.scene.attempt(items[0], 'retry');
      await at.store.deliveries.settle(at.scene.epoch, [known]);
      expect(await at.store.deliveries.settle(at.scene.epoch, [known, at.scene.attempt(items[1], 'dead')])).toBe(1);
      expect(await at.store.delivery(items[1].deliveryId)).toMatchObject({ state: 'dead' });
    });
  });
}
