import { describe, expect, test } from 'vitest';
import { byText, ids, type Stage } from './stage.ts';

/** Deliveries under one ordering key. */
export function orderingContract(name: string, at: Stage): void {
  describe(`${name}: ordering keys`, () => {
    test('the first of a key is free, the next ones are blocked, other keys and endpoints are not', async () => {
      const [one, two] = [at.scene.id('ep'), at.scene.id('ep')];
      const post = async (endpointId: string, orderingKey: string) =>
        (await at.scene.post([{ endpointId, orderingKey }])).deliveryIds[0];
      const head = await post(one, 'a');
      const next = await post(one, 'a');
      const otherKey = await post(one, 'b');
      const otherEndpoint = await post(two, 'a');
      expect(await at.store.queued(head)).toMatchObject({ blocked: false, orderingKey: 'a' });
      expect(await at.store.queued(next)).toMatchObject({ blocked: true, orderingKey: 'a' });
      expect(await at.store.queued(otherKey)).toMatchObject({ blocked: false });
      expect(await at.store.queued(otherEndpoint)).toMatchObject({ blocked: false });
      expect(ids(await at.scene.claim(one)).toSorted(byText)).toEqual([head, otherKey].toSorted(byText));
    });

    test('within one batch the order of the events counts', async () => {
      const endpointId = at.scene.id('ep');
      const events = [1, 2, 3].map(() => at.scene.plan([{ endpointId, orderingKey: 'a' }]));
      await at.scene.accept(events);
      const order: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const claimed = await at.scene.claim(endpointId);
        expect(claimed).toHaveLength(1);
        order.push(claimed[0].eventId);
        await at.scene.settle(claimed[0], 'succeeded');
      }
      expect(order).toEqual(events.map((event) => event.id));
    });

    test('a retry keeps its place; success and death let the next one go', async () => {
      const endpointId = at.scene.id('ep');
      for (let count = 0; count < 3; count += 1) await at.scene.post([{ endpointId, orderingKey: 'a' }]);
      const [first] = await at.scene.claim(endpointId);
      await at.scene.settle(first, 'retry', { delayMs: 10_000 });
      expect(await at.scene.claim(endpointId)).toEqual([]);
      await at.store.passTime(10_001);
      const [again] = await at.scene.claim(endpointId);
      expect(again.deliveryId).toBe(first.deliveryId);
      await at.scene.settle(again, 'dead');
      const [second] = await at.scene.claim(endpointId);
      expect(second.deliveryId > first.deliveryId).toBe(true);
      expect(await at.scene.claim(endpointId)).toEqual([]);
      await at.scene.settle(second, 'succeeded');
      expect(await at.scene.claim(endpointId)).toHaveLength(1);
    });

    test('after a takeover and after a release the head is still the head', async () => {
      const endpointId = at.scene.id('ep');
      for (let count = 0; count < 2; count += 1) await at.scene.post([{ endpointId, orderingKey: 'a' }]);
      const [head] = await at.scene.claim(endpointId);
      await at.store.deliveries.release(at.scene.epoch, [head]);
      expect(ids(await at.scene.claim(endpointId))).toEqual([head.deliveryId]);
      const { epoch } = await at.scene.join();
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      expect(ids(await at.scene.claim(endpointId, 10, epoch))).toEqual([head.deliveryId]);
    });

    test('a fenced settle does not let the next one go', async () => {
      const endpointId = at.scene.id('ep');
      for (let count = 0; count < 2; count += 1) await at.scene.post([{ endpointId, orderingKey: 'a' }]);
      const [head] = await at.scene.claim(endpointId);
      const { epoch } = await at.scene.join();
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      const [taken] = await at.scene.claim(endpointId, 10, epoch);
      expect(await at.scene.settle(head, 'succeeded')).toBe(0);
      expect(await at.scene.claim(endpointId, 10, epoch)).toEqual([]);
      expect(await at.scene.settle(taken, 'succeeded')).toBe(1);
      expect(await at.scene.claim(endpointId, 10, epoch)).toHaveLength(1);
    });
  });
}
