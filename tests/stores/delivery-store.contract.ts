import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { floorId } from '../../src/ids/id.rules.ts';
import { Scene } from './store-fixtures.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

/** What the engine relies on, whichever store it runs on. */
export function deliveryStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  let scene: Scene;
  let store: StoreUnderTest;
  beforeEach(async () => {
    store = await open();
    scene = await Scene.set(store);
  });
  afterEach(() => store.close());
  const ids = (items: { deliveryId: string }[]): string[] => items.map((item) => item.deliveryId);
  const low = floorId('dlv', 0);

  describe(`${name}: leases`, () => {
    test('every join has an epoch of its own, higher than all before', async () => {
      const { epoch } = await scene.join();
      expect(epoch).toBeGreaterThan(scene.epoch);
      expect(new Set(await store.deliveries.epochs())).toEqual(new Set([scene.epoch, epoch]));
    });

    test('a beat renews the lease; without one it runs out and others are told', async () => {
      const { epoch } = await scene.join();
      await store.passTime(20_000);
      const first = await store.deliveries.beat({ epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(first).toMatchObject({ alive: true, liveNodes: 2, expiredEpochs: [] });
      await store.passTime(20_000);
      const second = await store.deliveries.beat({ epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(second).toMatchObject({ alive: true, liveNodes: 1, expiredEpochs: [scene.epoch] });
      expect(Math.abs(second.databaseNowMs - (await store.nowMs()))).toBeLessThan(5_000);
    });

    test('only what has expired is taken over, and once; by force anything is', async () => {
      expect(await store.deliveries.takeOver(scene.epoch, false)).toBeNull();
      await store.passTime(31_000);
      expect(await store.deliveries.takeOver(scene.epoch, false)).toBe(0);
      expect(await store.deliveries.takeOver(scene.epoch, false)).toBeNull();
      const { epoch } = await scene.join();
      expect(await store.deliveries.takeOver(epoch, true)).toBe(0);
    });

    test('an epoch that was taken over does not come back to life', async () => {
      await store.deliveries.takeOver(scene.epoch, true);
      const beat = await store.deliveries.beat({ epoch: scene.epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(beat.alive).toBe(false);
      expect(await store.deliveries.epochs()).toEqual([]);
    });
  });

  describe(`${name}: accept`, () => {
    test('a fresh delivery is owned by the epoch, a queued one waits for anybody', async () => {
      const [fresh, queued] = [scene.id('ep'), scene.id('ep')];
      const { deliveryIds } = await scene.post([{ endpointId: fresh }, { endpointId: queued, queued: true }]);
      expect(await store.delivery(deliveryIds[0])).toEqual({ state: 'pending', attempts: 0, owner: scene.epoch });
      expect(await store.queued(deliveryIds[0])).toBeNull();
      expect(await store.delivery(deliveryIds[1])).toEqual({ state: 'pending', attempts: 0, owner: null });
      expect(await store.queued(deliveryIds[1])).toMatchObject({ cycleAttempts: 0, bodyBytes: 12, claimedBy: null });
    });

    test.each([{ queued: false }, { queued: true }])('an epoch that is gone accepts nothing: $queued', async (how) => {
      await store.deliveries.takeOver(scene.epoch, true);
      expect(await scene.accept([scene.plan([{ endpointId: scene.id('ep'), ...how }])])).toEqual({ refused: 'epoch' });
      expect(await store.countEvents()).toBe(0);
    });

    test.each([-3_600_000, -1_500, 1_500, 3_600_000])('ids that are %i ms off are refused', async (clockOffMs) => {
      for (const queued of [false, true]) {
        const answer = await scene.accept([scene.plan([{ endpointId: scene.id('ep'), queued }])], { clockOffMs });
        expect(answer).toMatchObject({ refused: 'clock' });
        const { databaseNowMs } = answer as { databaseNowMs: number };
        expect(Math.abs(databaseNowMs - (await store.nowMs()))).toBeLessThan(5_000);
      }
      expect(await store.countEvents()).toBe(0);
    });

    test('an older and a newer view of a team are stale, and so is one of a deleted team', async () => {
      const version = await store.changeTeam(scene.teamId);
      for (const queued of [false, true]) {
        const event = () => scene.plan([{ endpointId: scene.id('ep'), queued }]);
        const stale = { refused: 'stale', staleTeams: [scene.teamId] };
        expect(await scene.accept([event()], { version: version - 1 })).toEqual(stale);
        expect(await scene.accept([event()], { version: version + 1 })).toEqual(stale);
      }
      expect(await store.countEvents()).toBe(0);
      expect(await scene.accept([scene.plan([])], { version })).toMatchObject({ refused: null });
      await store.deleteTeam(scene.teamId);
      expect(await scene.accept([scene.plan([])], { version })).toMatchObject({ refused: 'stale' });
      expect(await scene.accept([scene.plan([])], { version: version + 1 })).toMatchObject({ refused: 'stale' });
    });

    test('one stale team refuses the whole batch and is named alone', async () => {
      const other = await store.addTeam();
      await store.changeTeam(other);
      const answer = await store.accepts.accept({
        epoch: scene.epoch,
        madeAtMs: await store.nowMs(),
        teams: new Map([
          [scene.teamId, { version: 1 }],
          [other, { version: 1 }],
        ]),
        events: [scene.plan([])],
      });
      expect(answer).toEqual({ refused: 'stale', staleTeams: [other] });
      expect(await store.countEvents()).toBe(0);
    });

    test('an idempotency key answers with the event it was used for first', async () => {
      const endpointId = scene.id('ep');
      const first = scene.plan([{ endpointId }], { idempotencyKey: 'k' });
      const again = scene.plan([{ endpointId }, { endpointId }], {
        idempotencyKey: 'k',
        requestHash: Buffer.from('b'),
      });
      expect(await scene.accept([first])).toEqual({ refused: null, earlier: new Map() });
      const answer = await scene.accept([again, scene.plan([])]);
      const earlier = { eventId: first.id, requestHash: first.draft.requestHash, deliveries: 1 };
      expect(answer).toEqual({ refused: null, earlier: new Map([[`${scene.teamId} k`, earlier]]) });
      expect(await store.countEvents()).toBe(2);
      expect(await store.delivery(again.deliveries[0].id)).toBeNull();
    });

    test('of two events with one key in one batch the first is accepted', async () => {
      const plan = (body: string) =>
        scene.plan([{ endpointId: scene.id('ep') }], { idempotencyKey: 'k', body: Buffer.from(body) });
      const [first, second] = [plan('a'), plan('b')];
      const answer = await scene.accept([first, second]);
      expect(answer.refused === null && answer.earlier.get(`${scene.teamId} k`)?.eventId).toBe(first.id);
      expect(await store.countEvents()).toBe(1);
      expect(await store.delivery(second.deliveries[0].id)).toBeNull();
    });

    test('another team may use the same key', async () => {
      const other = await store.addTeam();
      await scene.accept([scene.plan([], { idempotencyKey: 'k' })]);
      const answer = await store.accepts.accept({
        epoch: scene.epoch,
        madeAtMs: await store.nowMs(),
        teams: new Map([[other, { version: 1 }]]),
        events: [scene.plan([], { idempotencyKey: 'k', teamId: other })],
      });
      expect(answer).toEqual({ refused: null, earlier: new Map() });
      expect(await store.countEvents()).toBe(2);
    });
  });

  describe(`${name}: settle`, () => {
    test('a success ends the delivery and puts the attempt on record', async () => {
      const { items } = await scene.post([{ endpointId: scene.id('ep') }]);
      expect(await scene.settle(items[0], 'succeeded')).toBe(1);
      expect(await store.delivery(items[0].deliveryId)).toEqual({ state: 'succeeded', attempts: 1, owner: null });
      expect(await store.attempts(items[0].deliveryId)).toEqual([{ number: 1, status: 204, error: null }]);
    });

    test('a retry waits in the queue until it is due, and remembers its place in the schedule', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }]);
      expect(await scene.settle(items[0], 'retry', { delayMs: 60_000 })).toBe(1);
      expect(await store.queued(items[0].deliveryId)).toMatchObject({
        cycleAttempts: 1,
        bodyBytes: 12,
        claimedBy: null,
      });
      expect(await scene.claim(endpointId)).toEqual([]);
      const [waiting] = await store.deliveries.waitingEndpoints();
      expect(waiting).toMatchObject({ teamId: scene.teamId, endpointId });
      expect(waiting?.dueInMs).toBeGreaterThan(50_000);
      expect(waiting?.dueInMs).toBeLessThanOrEqual(60_000);
      await store.passTime(60_001);
      const [claimed] = await scene.claim(endpointId);
      const expected = { ...items[0], attempts: 1, cycleAttempts: 1, fresh: false };
      expect(claimed).toEqual(expected);
      expect(await scene.settle(claimed, 'retry', { delayMs: 5_000 })).toBe(1);
      expect(await store.queued(items[0].deliveryId)).toMatchObject({ cycleAttempts: 2, claimedBy: null });
      await store.passTime(5_001);
      const [last] = await scene.claim(endpointId);
      expect(await scene.settle(last, 'succeeded')).toBe(1);
      expect(await store.queued(items[0].deliveryId)).toBeNull();
      expect(await store.attempts(items[0].deliveryId)).toHaveLength(3);
    });

    test('a dead delivery leaves the queue and is told of, but not when it told of another', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }]);
      const { items: operational } = await scene.post([{ endpointId }], { type: 'posthorn.delivery.dead' });
      await scene.settle(items[0], 'dead');
      await scene.settle(operational[0], 'dead');
      expect(await store.delivery(items[0].deliveryId)).toMatchObject({ state: 'dead', owner: null });
      expect(await store.delivery(operational[0].deliveryId)).toMatchObject({ state: 'dead' });
      expect(await store.toldDead()).toBe(1);
    });

    test('an epoch that lost the delivery records its attempt and moves nothing', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }]);
      const { epoch } = await scene.join();
      await store.deliveries.takeOver(scene.epoch, true);
      const [taken] = await scene.claim(endpointId, 1, epoch);
      for (const outcome of ['succeeded', 'retry', 'dead'] as const)
        expect(await scene.settle(items[0], outcome)).toBe(0);
      expect(await store.delivery(taken.deliveryId)).toEqual({ state: 'pending', attempts: 0, owner: epoch });
      expect(await store.queued(taken.deliveryId)).toMatchObject({ claimedBy: epoch, cycleAttempts: 0 });
      expect(await store.attempts(taken.deliveryId)).toHaveLength(3);
      expect(await store.toldDead()).toBe(0);
      expect(await scene.settle(taken, 'succeeded')).toBe(1);
    });

    test('the same batch twice is the same as once', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }, { endpointId }, { endpointId }]);
      const batch = [
        scene.attempt(items[0], 'succeeded'),
        scene.attempt(items[1], 'retry'),
        scene.attempt(items[2], 'dead'),
      ];
      expect(await store.deliveries.settle(scene.epoch, batch)).toBe(3);
      expect(await store.deliveries.settle(scene.epoch, batch)).toBe(0);
      for (const item of items) expect(await store.attempts(item.deliveryId)).toHaveLength(1);
      expect(await store.toldDead()).toBe(1);
    });

    test('a repeated settle does not touch what the same node has claimed again since', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }]);
      const attempt = scene.attempt(items[0], 'retry');
      await store.deliveries.settle(scene.epoch, [attempt]);
      const [again] = await scene.claim(endpointId);
      expect(await store.deliveries.settle(scene.epoch, [attempt])).toBe(0);
      expect(await store.delivery(again.deliveryId)).toEqual({ state: 'pending', attempts: 1, owner: scene.epoch });
      expect(await store.queued(again.deliveryId)).toMatchObject({ claimedBy: scene.epoch });
      expect(await scene.settle(again, 'succeeded')).toBe(1);
    });

    test('an attempt that is on record already does not spoil its batch (peers 2: outpost 946)', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }, { endpointId }]);
      const known = scene.attempt(items[0], 'retry');
      await store.deliveries.settle(scene.epoch, [known]);
      expect(await store.deliveries.settle(scene.epoch, [known, scene.attempt(items[1], 'dead')])).toBe(1);
      expect(await store.delivery(items[1].deliveryId)).toMatchObject({ state: 'dead' });
    });
  });

  describe(`${name}: claim`, () => {
    test('gives as many as there is room for, the earliest first, of the endpoints asked for', async () => {
      const [one, two, three] = [scene.id('ep'), scene.id('ep'), scene.id('ep')];
      const posted: string[] = [];
      for (const endpointId of [one, one, one, two, two, three]) {
        posted.push(...(await scene.post([{ endpointId, queued: true }])).deliveryIds);
        await store.passTime(10);
      }
      const wants = [
        { endpointId: one, room: 2 },
        { endpointId: two, room: 5 },
      ];
      const items = await store.deliveries.claim(scene.epoch, wants, 1e9);
      expect(ids(items)).toEqual([posted[0], posted[1], posted[3], posted[4]]);
      expect(items.every((item) => item.epoch === scene.epoch && !item.fresh)).toBe(true);
      expect(await store.delivery(String(posted[0]))).toMatchObject({ owner: scene.epoch });
      expect(await store.queued(String(posted[0]))).toMatchObject({ claimedBy: scene.epoch });
      expect(await store.queued(String(posted[2]))).toMatchObject({ claimedBy: null });
      expect(ids(await store.deliveries.claim(scene.epoch, wants, 1e9))).toEqual([posted[2]]);
    });

    test('stops when the bodies fill the budget, but always gives one', async () => {
      const endpointId = scene.id('ep');
      for (let count = 0; count < 4; count += 1) {
        await scene.post([{ endpointId, queued: true }], { body: Buffer.alloc(100) });
        await store.passTime(10);
      }
      expect(await scene.claim(endpointId, 10, scene.epoch, 150)).toHaveLength(2);
      expect(await scene.claim(endpointId, 10, scene.epoch, 1)).toHaveLength(1);
      expect(await scene.claim(endpointId, 10, scene.epoch, 100)).toHaveLength(1);
    });

    test('an epoch that is gone claims nothing', async () => {
      const endpointId = scene.id('ep');
      await scene.post([{ endpointId, queued: true }]);
      await store.deliveries.takeOver(scene.epoch, true);
      expect(await scene.claim(endpointId)).toEqual([]);
    });

    test('an empty body is a body', async () => {
      const endpointId = scene.id('ep');
      await scene.post([{ endpointId, queued: true }], { body: Buffer.alloc(0), contentType: 'text/plain' });
      expect(await scene.claim(endpointId)).toMatchObject([{ body: Buffer.alloc(0), contentType: 'text/plain' }]);
    });

    test('waiting endpoints are told with the moment of their earliest, claimed and blocked ones are not', async () => {
      const [due, later, claimed] = [scene.id('ep'), scene.id('ep'), scene.id('ep')];
      await scene.post([{ endpointId: due, queued: true }]);
      await scene.post([{ endpointId: claimed, queued: true }]);
      const { items } = await scene.post([{ endpointId: later }, { endpointId: later }]);
      await scene.settle(items[0], 'retry', { delayMs: 90_000 });
      await scene.settle(items[1], 'retry', { delayMs: 30_000 });
      await scene.claim(claimed);
      const waiting = await store.deliveries.waitingEndpoints();
      expect(waiting.map((entry) => entry.endpointId)).toEqual([due, later].toSorted(byText));
      const dueInMs = Object.fromEntries(waiting.map((entry) => [entry.endpointId, entry.dueInMs]));
      expect(dueInMs[due]).toBeLessThanOrEqual(0);
      expect(dueInMs[later]).toBeGreaterThan(20_000);
      expect(dueInMs[later]).toBeLessThanOrEqual(30_000);
    });
  });

  describe(`${name}: giving back and taking over`, () => {
    test('a release makes a delivery due now and burns no attempt, fresh or claimed', async () => {
      const [fresh, queued] = [scene.id('ep'), scene.id('ep')];
      const { items, deliveryIds } = await scene.post([{ endpointId: fresh }, { endpointId: queued, queued: true }]);
      const claimed = await scene.claim(queued);
      const both = [items[0], claimed[0]];
      await store.deliveries.release(scene.epoch, both);
      await store.deliveries.release(scene.epoch, both, 'after accepts');
      for (const id of deliveryIds) {
        expect(await store.delivery(id)).toEqual({ state: 'pending', attempts: 0, owner: null });
        expect(await store.queued(id)).toMatchObject({ claimedBy: null, cycleAttempts: 0, bodyBytes: 12 });
      }
      expect(await scene.claim(fresh)).toHaveLength(1);
      expect(await scene.claim(queued)).toHaveLength(1);
    });

    test('a release keeps the place in the schedule', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }]);
      await scene.settle(items[0], 'retry');
      const claimed = await scene.claim(endpointId);
      await store.deliveries.release(scene.epoch, claimed);
      expect(await scene.claim(endpointId)).toMatchObject([{ attempts: 1, cycleAttempts: 1 }]);
    });

    test('nobody releases what is settled or belongs to another', async () => {
      const endpointId = scene.id('ep');
      const { epoch } = await scene.join();
      const { items } = await scene.post([{ endpointId }, { endpointId }]);
      await scene.settle(items[0], 'succeeded');
      await store.deliveries.release(scene.epoch, [items[0]]);
      await store.deliveries.release(epoch, [items[1]]);
      expect(await store.queued(items[0].deliveryId)).toBeNull();
      expect(await store.queued(items[1].deliveryId)).toBeNull();
      expect(await store.delivery(items[1].deliveryId)).toMatchObject({ owner: scene.epoch });
    });

    test('what was claimed without an answer is given back, what is held stays', async () => {
      const endpointId = scene.id('ep');
      for (let count = 0; count < 3; count += 1) await scene.post([{ endpointId, queued: true }]);
      const { items: fresh } = await scene.post([{ endpointId }]);
      const [kept, ...lost] = await scene.claim(endpointId);
      await store.deliveries.releaseUnheld(scene.epoch, [kept.deliveryId]);
      expect(await store.delivery(kept.deliveryId)).toMatchObject({ owner: scene.epoch });
      expect(await store.delivery(fresh[0].deliveryId)).toMatchObject({ owner: scene.epoch });
      expect(ids(await scene.claim(endpointId)).toSorted(byText)).toEqual(ids(lost).toSorted(byText));
      await store.deliveries.releaseUnheld(scene.epoch, []);
      expect(await scene.claim(endpointId)).toHaveLength(3);
    });

    test('a takeover frees claims and fresh deliveries, and leaves what is settled', async () => {
      const endpointId = scene.id('ep');
      const { items } = await scene.post([{ endpointId }, { endpointId }, { endpointId, queued: true }]);
      await scene.settle(items[0], 'succeeded');
      await scene.claim(endpointId);
      const { epoch } = await scene.join();
      const { items: others } = await scene.post([{ endpointId }], {}, epoch);
      expect(await store.deliveries.takeOver(scene.epoch, true)).toBe(2);
      expect(await store.delivery(items[0].deliveryId)).toMatchObject({ state: 'succeeded' });
      expect(await store.delivery(others[0].deliveryId)).toMatchObject({ owner: epoch });
      const claimed = await scene.claim(endpointId, 10, epoch);
      expect(ids(claimed).toSorted(byText)).toEqual([items[1].deliveryId, items[2].deliveryId].toSorted(byText));
      expect(claimed.every((item) => item.epoch === epoch && item.cycleAttempts === 0)).toBe(true);
    });

    test('a takeover looks for fresh deliveries from the lowest that the node named', async () => {
      const endpointId = scene.id('ep');
      const { items: below } = await scene.post([{ endpointId }]);
      const lowDeliveryId = scene.id('dlv');
      const { items: above } = await scene.post([{ endpointId }]);
      await store.deliveries.beat({ epoch: scene.epoch, lowDeliveryId, leaseSeconds: 30 });
      expect(await store.deliveries.takeOver(scene.epoch, true)).toBe(1);
      expect(await store.queued(above[0].deliveryId)).not.toBeNull();
      expect(await store.queued(below[0].deliveryId)).toBeNull();
    });
  });

  describe(`${name}: ordering keys`, () => {
    test('the first of a key is free, the next ones are blocked, other keys and endpoints are not', async () => {
      const [one, two] = [scene.id('ep'), scene.id('ep')];
      const post = async (endpointId: string, orderingKey: string) =>
        (await scene.post([{ endpointId, orderingKey }])).deliveryIds[0];
      const head = await post(one, 'a');
      const next = await post(one, 'a');
      const otherKey = await post(one, 'b');
      const otherEndpoint = await post(two, 'a');
      expect(await store.queued(head)).toMatchObject({ blocked: false, orderingKey: 'a' });
      expect(await store.queued(next)).toMatchObject({ blocked: true, orderingKey: 'a' });
      expect(await store.queued(otherKey)).toMatchObject({ blocked: false });
      expect(await store.queued(otherEndpoint)).toMatchObject({ blocked: false });
      expect(ids(await scene.claim(one)).toSorted(byText)).toEqual([head, otherKey].toSorted(byText));
    });

    test('within one batch the order of the events counts', async () => {
      const endpointId = scene.id('ep');
      const events = [1, 2, 3].map(() => scene.plan([{ endpointId, orderingKey: 'a' }]));
      await scene.accept(events);
      const order: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const claimed = await scene.claim(endpointId);
        expect(claimed).toHaveLength(1);
        order.push(claimed[0].eventId);
        await scene.settle(claimed[0], 'succeeded');
      }
      expect(order).toEqual(events.map((event) => event.id));
    });

    test('a retry keeps its place; success and death let the next one go', async () => {
      const endpointId = scene.id('ep');
      for (let count = 0; count < 3; count += 1) await scene.post([{ endpointId, orderingKey: 'a' }]);
      const [first] = await scene.claim(endpointId);
      await scene.settle(first, 'retry', { delayMs: 10_000 });
      expect(await scene.claim(endpointId)).toEqual([]);
      await store.passTime(10_001);
      const [again] = await scene.claim(endpointId);
      expect(again.deliveryId).toBe(first.deliveryId);
      await scene.settle(again, 'dead');
      const [second] = await scene.claim(endpointId);
      expect(second.deliveryId > first.deliveryId).toBe(true);
      expect(await scene.claim(endpointId)).toEqual([]);
      await scene.settle(second, 'succeeded');
      expect(await scene.claim(endpointId)).toHaveLength(1);
    });

    test('after a takeover and after a release the head is still the head', async () => {
      const endpointId = scene.id('ep');
      for (let count = 0; count < 2; count += 1) await scene.post([{ endpointId, orderingKey: 'a' }]);
      const [head] = await scene.claim(endpointId);
      await store.deliveries.release(scene.epoch, [head]);
      expect(ids(await scene.claim(endpointId))).toEqual([head.deliveryId]);
      const { epoch } = await scene.join();
      await store.deliveries.takeOver(scene.epoch, true);
      expect(ids(await scene.claim(endpointId, 10, epoch))).toEqual([head.deliveryId]);
    });

    test('a fenced settle does not let the next one go', async () => {
      const endpointId = scene.id('ep');
      for (let count = 0; count < 2; count += 1) await scene.post([{ endpointId, orderingKey: 'a' }]);
      const [head] = await scene.claim(endpointId);
      const { epoch } = await scene.join();
      await store.deliveries.takeOver(scene.epoch, true);
      const [taken] = await scene.claim(endpointId, 10, epoch);
      expect(await scene.settle(head, 'succeeded')).toBe(0);
      expect(await scene.claim(endpointId, 10, epoch)).toEqual([]);
      expect(await scene.settle(taken, 'succeeded')).toBe(1);
      expect(await scene.claim(endpointId, 10, epoch)).toHaveLength(1);
    });
  });
}
