import {
  type AcceptAnswer,
  type AcceptStore,
  type EarlierEvent,
  keyName,
  type PlannedEvent,
} from '../../src/events/accept.store.ts';
import type { DeliveryRow, MemoryDatabase, QueueRow } from './memory-database.ts';

/** `accept_events` and `accept_fresh_events` of migration 0009, in memory. */
export function createMemoryAcceptStore(database: MemoryDatabase): AcceptStore {
  return {
    async accept({ epoch, madeAtMs, teams, events }): Promise<AcceptAnswer> {
      if (!database.nodes.has(epoch)) return { refused: 'epoch' };
      const databaseNowMs = database.now();
      if (Math.abs(databaseNowMs - madeAtMs) > 1000) return { refused: 'clock', databaseNowMs };
      const staleTeams = [...teams].flatMap(([id, { version }]) => {
        const team = database.teams.get(id);
        return team === undefined || team.deleted || team.version !== version ? [id] : [];
      });
      if (staleTeams.length > 0) return { refused: 'stale', staleTeams };

      const earlier = new Map<string, EarlierEvent>();
      for (const event of events) {
        const { draft } = event;
        if (draft.idempotencyKey !== null) {
          const key = keyName(draft);
          const known = database.idempotency.get(key);
          if (known !== undefined) {
            earlier.set(key, known);
            continue;
          }
          database.idempotency.set(key, {
            eventId: event.id,
            requestHash: draft.requestHash,
            deliveries: event.deliveries.length,
          });
        }
        insertEvent(database, event, epoch);
      }
      return { refused: null, earlier };
    },
  };
}

function insertEvent(database: MemoryDatabase, { draft, id, deliveries }: PlannedEvent, epoch: number): void {
  const { teamId, type, contentType, body, blob } = draft;
  const origin = draft.origin && { sourceId: draft.origin.sourceId, coverage: draft.origin.coverage };
  const event = { teamId, id, type, contentType, body, blob, origin };
  database.events.set(id, event);
  const rows: DeliveryRow[] = [];
  const queued: QueueRow[] = [];
  for (const planned of deliveries) {
    const { endpointId, orderingKey } = planned;
    const owner = planned.queued ? null : epoch;
    const row: DeliveryRow = {
      teamId,
      id: planned.id,
      eventId: id,
      endpointId,
      state: 'pending',
      attempts: 0,
      owner,
    };
    database.deliveries.set(row.id, row);
    rows.push(row);
    if (!planned.queued) continue;
    const blocked = orderingKey !== null && database.ofKey(endpointId, orderingKey).length > 0;
    const queueRow: QueueRow = {
      teamId,
      deliveryId: row.id,
      eventId: id,
      endpointId,
      dueAtMs: database.now(),
      cycleAttempts: 0,
      bodyBytes: body.length,
      claimedBy: null,
      orderingKey,
      blocked,
      sequence: database.nextSequence(),
    };
    database.queue.set(row.id, queueRow);
    queued.push(queueRow);
  }
  database.witness?.accepted(event, rows, queued);
}
