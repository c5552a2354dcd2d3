import type { DeliveryItem, DeliveryStore, Settlement } from '../../src/delivery/delivery-ports.ts';
import type { DeliveryRow, EventRow, MemoryDatabase, QueueRow } from './memory-database.ts';

/** The functions of migration 0004, in memory. */
export function createMemoryDeliveryStore(database: MemoryDatabase): DeliveryStore {
  const { nodes, deliveries, queue } = database;

  const enqueue = (delivery: DeliveryRow): void => {
    if (queue.has(delivery.id)) return;
    queue.set(delivery.id, {
      teamId: delivery.teamId,
      deliveryId: delivery.id,
      eventId: delivery.eventId,
      endpointId: delivery.endpointId,
      dueAtMs: database.now(),
      cycleAttempts: 0,
      bodyBytes: (database.events.get(delivery.eventId) as EventRow).body.length,
      claimedBy: null,
      orderingKey: null,
      blocked: false,
      sequence: database.nextSequence(),
    });
  };

  const release = (epoch: number, deliveryId: string): void => {
    const row = queue.get(deliveryId);
    if (row?.claimedBy === epoch) row.claimedBy = null;
    const delivery = deliveries.get(deliveryId);
    if (delivery === undefined || delivery.owner !== epoch || delivery.state !== 'pending') return;
    delivery.owner = null;
    enqueue(delivery);
  };

  return {
    async join({ lowDeliveryId, leaseSeconds }) {
      const epoch = database.nextEpoch();
      nodes.set(epoch, { epoch, leaseUntilMs: database.now() + leaseSeconds * 1000, lowDeliveryId });
      return { epoch, databaseNowMs: database.now() };
    },

    async beat({ epoch, lowDeliveryId, leaseSeconds }) {
      const nowMs = database.now();
      const node = nodes.get(epoch);
      if (node !== undefined) {
        node.leaseUntilMs = nowMs + leaseSeconds * 1000;
        node.lowDeliveryId = lowDeliveryId;
      }
      const all = [...nodes.values()];
      return {
        alive: node !== undefined,
        liveNodes: all.filter((other) => other.leaseUntilMs >= nowMs).length,
        expiredEpochs: all.filter((other) => other.leaseUntilMs < nowMs).map((other) => other.epoch),
        databaseNowMs: nowMs,
      };
    },

    async takeOver(epoch, force) {
      const node = nodes.get(epoch);
      if (node === undefined || !(force || node.leaseUntilMs < database.now())) return null;
      nodes.delete(epoch);
      const freed: string[] = [];
      for (const row of queue.values()) {
        if (row.claimedBy !== epoch) continue;
        row.claimedBy = null;
        (deliveries.get(row.deliveryId) as DeliveryRow).owner = null;
        freed.push(row.deliveryId);
      }
      for (const delivery of deliveries.values()) {
        if (delivery.owner !== epoch || delivery.state !== 'pending' || delivery.id < node.lowDeliveryId) continue;
        delivery.owner = null;
        enqueue(delivery);
        freed.push(delivery.id);
      }
      database.witness?.takenOver(epoch, freed);
      return freed.length;
    },

    async epochs() {
      return [...nodes.keys()];
    },

    async settle(epoch, batch) {
      let applied = 0;
      for (const settlement of batch) if (settleOne(database, epoch, settlement)) applied += 1;
      return applied;
    },

    async release(epoch, given) {
      for (const { deliveryId } of given) release(epoch, deliveryId);
    },

    async releaseUnheld(epoch, held) {
      const kept = new Set(held);
      for (const row of queue.values()) {
        if (row.claimedBy !== epoch || kept.has(row.deliveryId)) continue;
        row.claimedBy = null;
        const delivery = deliveries.get(row.deliveryId);
        if (delivery?.owner === epoch) delivery.owner = null;
      }
    },

    async waitingEndpoints() {
      const earliest = new Map<string, QueueRow>();
      for (const row of queue.values()) {
        if (row.claimedBy !== null || row.blocked) continue;
        const other = earliest.get(row.endpointId);
        if (other === undefined || row.dueAtMs < other.dueAtMs) earliest.set(row.endpointId, row);
      }
      return [...earliest.values()]
        .sort((one, other) => (one.endpointId < other.endpointId ? -1 : 1))
        .map(({ teamId, endpointId, dueAtMs }) => ({ teamId, endpointId, dueInMs: dueAtMs - database.now() }));
    },

    async claim(epoch, wants, budgetBytes) {
      if (!nodes.has(epoch)) return [];
      const locked = wants.flatMap(({ endpointId, room }) =>
        [...queue.values()]
          .filter((row) => row.endpointId === endpointId && row.claimedBy === null && !row.blocked)
          .filter((row) => row.dueAtMs <= database.now())
          .sort(byDue)
          .slice(0, room),
      );
      let bytes = 0;
      const items: DeliveryItem[] = [];
      for (const row of locked.sort(byDue)) {
        if (bytes >= budgetBytes) break;
        bytes += row.bodyBytes;
        row.claimedBy = epoch;
        const delivery = deliveries.get(row.deliveryId);
        const event = database.events.get(row.eventId);
        if (delivery?.state !== 'pending') continue;
        delivery.owner = epoch;
        if (event === undefined) continue;
        items.push(toItem(row, delivery, event, epoch));
        database.witness?.claimed(epoch, row);
      }
      return items;
    },
  };
}

function byDue(one: QueueRow, other: QueueRow): number {
  return one.dueAtMs - other.dueAtMs || (one.deliveryId < other.deliveryId ? -1 : 1);
}

function toItem(row: QueueRow, delivery: DeliveryRow, event: EventRow, epoch: number): DeliveryItem {
  return {
    epoch,
    teamId: row.teamId,
    deliveryId: row.deliveryId,
    eventId: row.eventId,
    endpointId: row.endpointId,
    eventType: event.type,
    contentType: event.contentType,
    body: event.body,
    attempts: delivery.attempts,
    cycleAttempts: row.cycleAttempts,
    orderingKey: row.orderingKey,
    blob: event.blob,
    origin: event.origin,
    fresh: false,
    enteredAtMs: 0,
  };
}

function settleOne(database: MemoryDatabase, epoch: number, settlement: Settlement): boolean {
  const { item, attemptId, outcome } = settlement;
  const { deliveries, queue } = database;
  // An attempt that is on record already was settled with it: the repetition of an uncertain write moves nothing.
  if (database.attempts.has(attemptId)) return false;
  database.attempts.set(attemptId, {
    deliveryId: item.deliveryId,
    id: attemptId,
    number: item.attempts + 1,
    status: settlement.status,
    error: settlement.error,
  });
  const delivery = deliveries.get(item.deliveryId);
  if (delivery === undefined || delivery.owner !== epoch || delivery.state !== 'pending') return false;
  delivery.owner = null;
  delivery.attempts += 1;
  const dueAtMs = database.now() + settlement.delayMs;
  if (outcome === 'retry') {
    const row = queue.get(item.deliveryId);
    const cycleAttempts = item.cycleAttempts + (settlement.counted ? 1 : 0);
    if (row !== undefined) Object.assign(row, { dueAtMs, cycleAttempts, claimedBy: null });
    else {
      queue.set(item.deliveryId, {
        teamId: item.teamId,
        deliveryId: item.deliveryId,
        eventId: item.eventId,
        endpointId: item.endpointId,
        dueAtMs,
        cycleAttempts,
        bodyBytes: item.body.length,
        claimedBy: null,
        orderingKey: item.orderingKey,
        blocked: false,
        sequence: database.nextSequence(),
      });
    }
  } else {
    delivery.state = outcome;
    queue.delete(item.deliveryId);
    if (item.orderingKey !== null) {
      const [head] = database.ofKey(item.endpointId, item.orderingKey);
      if (head !== undefined) head.blocked = false;
    }
    if (outcome === 'dead' && !item.eventType.startsWith('posthorn.')) {
      database.outbox.push({ teamId: item.teamId, type: 'posthorn.delivery.dead', deliveryId: item.deliveryId });
    }
  }
  database.witness?.settled(delivery, epoch, outcome, dueAtMs);
  return true;
}
