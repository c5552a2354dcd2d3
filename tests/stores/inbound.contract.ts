import { describe, expect, test } from 'vitest';
import type { AcceptAnswer } from '../../src/events/accept.store.ts';
import type { EventDraft } from '../../src/events/event-draft.ts';
import type { Stage } from './stage.ts';

/** Events that came in through sources: their dedupe keys, where they came from, and bodies that are elsewhere. */
export function inboundContract(name: string, at: Stage): void {
  const origin = (sourceId: string): NonNullable<EventDraft['origin']> => {
    return { sourceId, externalId: 'ext-1', coverage: 'body', credential: 'a key' };
  };
  const inbound = (sourceId: string, more: Partial<EventDraft> = {}): Partial<EventDraft> => {
    return { origin: origin(sourceId), idempotencyKey: 'k', requestHash: null, keySeconds: 60, ...more };
  };

  describe(`${name}: inbound events`, () => {
    test('a dedupe key answers with the event it came with first, whatever else differs', async () => {
      const { scene, store } = at;
      const [source, endpointId] = [scene.id('src'), scene.id('ep')];
      const first = scene.plan([{ endpointId }], inbound(source));
      const again = scene.plan([{ endpointId }], inbound(source, { body: Buffer.from('other'), type: 'other.type' }));
      expect(await scene.accept([first])).toEqual({ refused: null, earlier: new Map() });
      const earlier = { eventId: first.id, requestHash: null, deliveries: 1 };
      const answer = await scene.accept([again, scene.plan([], inbound(source, { idempotencyKey: 'another' }))]);
      expect(answer).toEqual({ refused: null, earlier: new Map([[`${source} k`, earlier]]) });
      expect(await store.countEvents()).toBe(2);
      expect(await store.delivery(again.deliveries[0].id)).toBeNull();
    });

    test('the same key of another source, and of the API, is another key', async () => {
      const { scene, store } = at;
      const [one, two] = [scene.id('src'), scene.id('src')];
      const batch = [
        scene.plan([], inbound(one)),
        scene.plan([], { idempotencyKey: 'k' }),
        scene.plan([], inbound(two)),
      ] as const;
      expect(await scene.accept([...batch])).toEqual({ refused: null, earlier: new Map() });
      expect(await store.countEvents()).toBe(3);
      const again = [
        scene.plan([], inbound(two)),
        scene.plan([], inbound(one)),
        scene.plan([], { idempotencyKey: 'k' }),
      ] as const;
      const answer = await scene.accept([...again]);
      expect(earlierIds(answer)).toEqual({
        [`${one} k`]: batch[0].id,
        [`${scene.teamId} k`]: batch[1].id,
        [`${two} k`]: batch[2].id,
      });
      expect(await store.countEvents()).toBe(3);
    });

    test('of many events with one key in one batch the first is accepted, at its place among the others', async () => {
      const { scene, store } = at;
      const [source, endpointId] = [scene.id('src'), scene.id('ep')];
      const plan = (idempotencyKey: string, orderingKey = 'envelope') =>
        scene.plan([{ endpointId, orderingKey }], inbound(source, { idempotencyKey }));
      const first = plan('signed');
      const second = plan('completed');
      // So many that a sort that is not stable shows it.
      const copies = Array.from({ length: 200 }, () => [plan('completed'), plan('signed')]).flat();
      const answer = await scene.accept([first, second, ...copies]);
      expect(earlierIds(answer)).toEqual({ [`${source} signed`]: first.id, [`${source} completed`]: second.id });
      expect(await store.countEvents()).toBe(2);
      const order: string[] = [];
      for (let claimed = await scene.claim(endpointId); claimed.length > 0; claimed = await scene.claim(endpointId)) {
        expect(claimed).toHaveLength(1);
        order.push(claimed[0].eventId);
        await scene.settle(claimed[0], 'succeeded');
      }
      expect(order).toEqual([first.id, second.id]);
    });

    test('a delivery is claimed with its source and what its verification proves', async () => {
      const { scene } = at;
      const [source, endpointId] = [scene.id('src'), scene.id('ep')];
      for (const coverage of ['body', 'sender', 'fields'] as const) {
        const draft = inbound(source, { idempotencyKey: coverage, origin: { ...origin(source), coverage } });
        await scene.post([{ endpointId, queued: true }], draft);
        const [item] = await scene.claim(endpointId);
        expect(item.origin).toEqual({ sourceId: source, coverage });
        await scene.settle(item, 'succeeded');
      }
      await scene.post([{ endpointId, queued: true }]);
      expect(await scene.claim(endpointId)).toMatchObject([{ origin: null, blob: null }]);
    });

    test('a body in the blob store is claimed as its key and size, and takes nothing of the budget', async () => {
      const { scene } = at;
      const [source, endpointId] = [scene.id('src'), scene.id('ep')];
      const blob = { key: `20260803/${scene.teamId}/abc`, sizeBytes: 1_000_000 };
      const draft = (idempotencyKey: string) => inbound(source, { blob, body: Buffer.alloc(0), idempotencyKey });
      await scene.post([{ endpointId, queued: true }], draft('1'));
      await scene.post([{ endpointId, queued: true }], draft('2'));
      const items = await scene.claim(endpointId, 10, scene.epoch, 10);
      expect(items).toMatchObject([
        { blob, body: Buffer.alloc(0) },
        { blob, body: Buffer.alloc(0) },
      ]);
    });

    test('a duplicate among stale or refused batches keeps nothing', async () => {
      const { scene, store } = at;
      const source = scene.id('src');
      const version = await store.changeTeam(scene.teamId);
      expect(await scene.accept([scene.plan([], inbound(source))], { version: version - 1 })).toMatchObject({
        refused: 'stale',
      });
      expect(await scene.accept([scene.plan([], inbound(source))], { version })).toEqual({
        refused: null,
        earlier: new Map(),
      });
      expect(await store.countEvents()).toBe(1);
    });
  });
}

function earlierIds(answer: AcceptAnswer): Record<string, string> {
  if (answer.refused !== null) return {};
  return Object.fromEntries([...answer.earlier].map(([key, { eventId }]) => [key, eventId]));
}
