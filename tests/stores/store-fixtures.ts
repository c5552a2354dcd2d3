import type { DeliveryItem, Settlement } from '../../src/delivery/delivery-ports.ts';
import type { AcceptAnswer, PlannedDelivery, PlannedEvent } from '../../src/events/accept.store.ts';
import type { EventDraft } from '../../src/events/event-draft.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { floorId, type IdPrefix } from '../../src/ids/id.rules.ts';
import type { StoreUnderTest } from './store-under-test.ts';

export type Target = { endpointId: string; queued?: boolean; orderingKey?: string };
/** A list that a test knows to be long enough for what it takes from it. */
export type Several<T> = [T, T, T, ...T[]];
export type Posted = { event: PlannedEvent; items: Several<DeliveryItem>; deliveryIds: Several<string> };

/** A store with a team and a node, and short words for what tests do with them. */
export class Scene {
  readonly store: StoreUnderTest;
  readonly teamId: string;
  readonly epoch: number;
  private version = 1;
  private readonly nextId: (prefix: IdPrefix) => string;

  private constructor(store: StoreUnderTest, teamId: string, epoch: number, nextId: (prefix: IdPrefix) => string) {
    this.store = store;
    this.teamId = teamId;
    this.epoch = epoch;
    this.nextId = nextId;
  }

  static async set(store: StoreUnderTest): Promise<Scene> {
    const databaseMs = await store.nowMs();
    const startedMs = performance.now();
    const memory = !('pool' in store);
    const ids = createIdSource({ now: () => databaseMs + (memory ? 0 : performance.now() - startedMs) });
    const teamId = await store.addTeam();
    const { epoch } = await joinNode(store);
    return new Scene(store, teamId, epoch, (prefix) => ids.next(prefix));
  }

  id(prefix: IdPrefix): string {
    return this.nextId(prefix);
  }

  join(): Promise<{ epoch: number }> {
    return joinNode(this.store);
  }

  plan(targets: Target[], draft: Partial<EventDraft> = {}): PlannedEvent & { deliveries: Several<PlannedDelivery> } {
    const id = this.id('evt');
    return {
      id,
      draft: {
        teamId: this.teamId,
        type: 'invoice.paid',
        contentType: 'application/json',
        body: Buffer.from('{"amount":1}'),
        payload: undefined,
        idempotencyKey: null,
        requestHash: draft.idempotencyKey ? Buffer.from(String(draft.body ?? 'same')) : null,
        orderingKey: targets[0]?.orderingKey ?? null,
        occurredAtMs: null,
        blob: null,
        origin: null,
        keySeconds: 86_400,
        onlyEndpointId: null,
        ...draft,
      },
      deliveries: targets.map(({ endpointId, queued, orderingKey }) => ({
        id: this.id('dlv'),
        endpointId,
        queued: queued ?? orderingKey !== undefined,
        orderingKey: orderingKey ?? null,
      })) as Several<PlannedDelivery>,
    };
  }

  async accept(
    events: PlannedEvent[],
    over: { epoch?: number; version?: number; clockOffMs?: number; store?: StoreUnderTest['accepts'] } = {},
  ): Promise<AcceptAnswer> {
    return (over.store ?? this.store.accepts).accept({
      epoch: over.epoch ?? this.epoch,
      madeAtMs: (await this.store.nowMs()) + (over.clockOffMs ?? 0),
      teams: new Map([[this.teamId, { version: over.version ?? this.version }]]),
      events,
    });
  }

  /** Accepts one event and answers its deliveries as the engine would hold them. */
  async post(targets: Target[], draft: Partial<EventDraft> = {}, epoch = this.epoch): Promise<Posted> {
    const event = this.plan(targets, draft);
    const answer = await this.accept([event], { epoch });
    if (answer.refused !== null) throw new Error(`refused: ${answer.refused}`);
    return {
      event,
      deliveryIds: event.deliveries.map((delivery) => delivery.id) as Several<string>,
      items: event.deliveries.map((delivery) => itemOf(event, delivery, epoch)) as Several<DeliveryItem>,
    };
  }

  attempt(item: DeliveryItem, outcome: Settlement['outcome'], more: Partial<Settlement> = {}): Settlement {
    return {
      item,
      attemptId: this.id('att'),
      startedAtMs: Date.UTC(2026, 7, 3),
      status: outcome === 'succeeded' ? 204 : 500,
      error: outcome === 'succeeded' ? null : 'http',
      errorMessage: null,
      requestHeaders: 'webhook-id: 1',
      responseHeaders: null,
      responseBody: Buffer.from('ok'),
      responseTruncated: false,
      timing: { dnsMs: null, connectMs: 1.5, tlsMs: null, firstByteMs: 3, totalMs: 4.5 },
      outcome,
      delayMs: 0,
      counted: true,
      ...more,
    };
  }

  settle(item: DeliveryItem, outcome: Settlement['outcome'], more: Partial<Settlement> = {}): Promise<number> {
    return this.store.deliveries.settle(item.epoch, [this.attempt(item, outcome, more)]);
  }

  async claim(endpointId: string, room = 100, epoch = this.epoch, budgetBytes = 1e9): Promise<Several<DeliveryItem>> {
    const items = await this.store.deliveries.claim(epoch, [{ endpointId, room }], budgetBytes);
    return items as Several<DeliveryItem>;
  }
}

function joinNode(store: StoreUnderTest): Promise<{ epoch: number }> {
  return store.deliveries.join({ name: 'a node', lowDeliveryId: floorId('dlv', 0), leaseSeconds: 30 });
}

/** As the engine holds it. */
export function itemOf(event: PlannedEvent, delivery: PlannedEvent['deliveries'][0], epoch: number): DeliveryItem {
  const { teamId, type, contentType, body } = event.draft;
  return {
    epoch,
    teamId,
    deliveryId: delivery.id,
    eventId: event.id,
    endpointId: delivery.endpointId,
    eventType: type,
    contentType,
    body,
    blob: null,
    origin: null,
    attempts: 0,
    cycleAttempts: 0,
    orderingKey: delivery.orderingKey,
    fresh: !delivery.queued,
    enteredAtMs: 0,
  };
}
