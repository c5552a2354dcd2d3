import { describe, expect, test } from 'vitest';
import { floorId } from '../../src/ids/id.rules.ts';
import { byText, ids, type Stage } from './stage.ts';

const low = floorId('dlv', 0);

/** Who lives, who is taken over, and what is given back. */
export function leasesContract(name: string, at: Stage): void {
  describe(`${name}: leases`, () => {
    test('every join has an epoch of its own, higher than all before', async () => {
      const { epoch } = await at.scene.join();
      expect(epoch).toBeGreaterThan(at.scene.epoch);
      expect(new Set(await at.store.deliveries.epochs())).toEqual(new Set([at.scene.epoch, epoch]));
    });

    test('a beat renews the lease; without one it runs out and others are told', async () => {
      const { epoch } = await at.scene.join();
      await at.store.passTime(20_000);
      const first = await at.store.deliveries.beat({ epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(first).toMatchObject({ alive: true, liveNodes: 2, expiredEpochs: [] });
      await at.store.passTime(20_000);
      const second = await at.store.deliveries.beat({ epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(second).toMatchObject({ alive: true, liveNodes: 1, expiredEpochs: [at.scene.epoch] });
      expect(Math.abs(second.databaseNowMs - (await at.store.nowMs()))).toBeLessThan(5_000);
    });

    test('only what has expired is taken over, and once; by force anything is', async () => {
      expect(await at.store.deliveries.takeOver(at.scene.epoch, false)).toBeNull();
      await at.store.passTime(31_000);
      expect(await at.store.deliveries.takeOver(at.scene.epoch, false)).toBe(0);
      expect(await at.store.deliveries.takeOver(at.scene.epoch, false)).toBeNull();
      const { epoch } = await at.scene.join();
      expect(await at.store.deliveries.takeOver(epoch, true)).toBe(0);
    });

    test('an epoch that was taken over does not come back to life', async () => {
      await at.store.deliveries.takeOver(at.scene.epoch, true);
      const beat = await at.store.deliveries.beat({ epoch: at.scene.epoch, lowDeliveryId: low, leaseSeconds: 30 });
      expect(beat.alive).toBe(false);
      expect(await at.store.deliveries.epochs()).toEqual([]);
    });
  });

  describe(`${name}: giving back and taking over`, () => {
    test('a release makes a delivery due now and burns no attempt, fresh or claimed', async () => {
      const [fresh, queued] = [at.scene.id('ep'), at.scene.id('ep')];
      const { items, deliveryIds } = await at.scene.post([{ endpointId: fresh }, { endpointId: queued, queued: true }]);
      const claimed = await at.scene.claim(queued);
      const both = [items[0], claimed[0]];
      await at.store.deliveries.release(at.scene.epoch, both);
      await at.store.deliveries.release(at.scene.epoch, both, 'after accepts');
      for (const id of deliveryIds) {
        expect(await at.store.delivery(id)).toEqual({ state: 'pending', attempts: 0, owner: null });
        expect(await at.store.queued(id)).toMatchObject({ claimedBy: null, cycleAttempts: 0, bodyBytes: 12 });
      }
      expect(await at.scene.claim(fresh)).toHaveLength(1);
      expect(await at.scene.claim(queued)).toHaveLength(1);
    });

    test('a release keeps the place in the schedule', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }]);
      await at.scene.settle(items[0], 'retry');
      const claimed = await at.scene.claim(endpointId);
      await at.store.deliveries.release(at.scene.epoch, claimed);
      expect(await at.scene.claim(endpointId)).toMatchObject([{ attempts: 1, cycleAttempts: 1 }]);
    });

    test('nobody releases what is settled or belongs to another', async () => {
      const endpointId = at.scene.id('ep');
      const { epoch } = await at.scene.join();
      const { items } = await at.scene.post([{ endpointId }, { endpointId }]);
      await at.scene.settle(items[0], 'succeeded');
      await at.store.deliveries.release(at.scene.epoch, [items[0]]);
      await at.store.deliveries.release(epoch, [items[1]]);
      expect(await at.store.queued(items[0].deliveryId)).toBeNull();
      expect(await at.store.queued(items[1].deliveryId)).toBeNull();
      expect(await at.store.delivery(items[1].deliveryId)).toMatchObject({ owner: at.scene.epoch });
    });

    test('what was claimed without an answer is given back, what is held stays', async () => {
      const endpointId = at.scene.id('ep');
      for (let count = 0; count < 3; count += 1) await at.scene.post([{ endpointId, queued: true }]);
      const { items: fresh } = await at.scene.post([{ endpointId }]);
      const [kept, ...lost] = await at.scene.claim(endpointId);
      await at.store.deliveries.releaseUnheld(at.scene.epoch, [kept.deliveryId]);
      expect(await at.store.delivery(kept.deliveryId)).toMatchObject({ owner: at.scene.epoch });
      expect(await at.store.delivery(fresh[0].deliveryId)).toMatchObject({ owner: at.scene.epoch });
      expect(ids(await at.scene.claim(endpointId)).toSorted(byText)).toEqual(ids(lost).toSorted(byText));
      await at.store.deliveries.releaseUnheld(at.scene.epoch, []);
      expect(await at.scene.claim(endpointId)).toHaveLength(3);
    });

    test('a takeover frees claims and fresh deliveries, and leaves what is settled', async () => {
      const endpointId = at.scene.id('ep');
      const { items } = await at.scene.post([{ endpointId }, { endpointId }, { endpointId, queued: true }]);
      await at.scene.settle(items[0], 'succeeded');
      await at.scene.claim(endpointId);
      const { epoch } = await at.scene.join();
      const { items: others } = await at.scene.post([{ endpointId }], {}, epoch);
      expect(await at.store.deliveries.takeOver(at.scene.epoch, true)).toBe(2);
      expect(await at.store.delivery(items[0].deliveryId)).toMatchObject({ state: 'succeeded' });
      expect(await at.store.delivery(others[0].deliveryId)).toMatchObject({ owner: epoch });
      const claimed = await at.scene.claim(endpointId, 10, epoch);
      expect(ids(claimed).toSorted(byText)).toEqual([items[1].deliveryId, items[2].deliveryId].toSorted(byText));
      expect(claimed.every((item) => item.epoch === epoch && item.cycleAttempts === 0)).toBe(true);
    });

    test('a takeover looks for fresh deliveries from the lowest that the node named', async () => {
      const endpointId = at.scene.id('ep');
      const { items: below } = await at.scene.post([{ endpointId }]);
      const lowDeliveryId = at.scene.id('dlv');
      const { items: above } = await at.scene.post([{ endpointId }]);
      await at.store.deliveries.beat({ epoch: at.scene.epoch, lowDeliveryId, leaseSeconds: 30 });
      expect(await at.store.deliveries.takeOver(at.scene.epoch, true)).toBe(1);
      expect(await at.store.queued(above[0].deliveryId)).not.toBeNull();
      expect(await at.store.queued(below[0].deliveryId)).toBeNull();
    });
  });
}
