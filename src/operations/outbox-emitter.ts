import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { standardBody } from '../events/read-event.rules.ts';
import { Problem } from '../problem.ts';
import { publicData } from './operational-data.rules.ts';
import { deleteOutboxEntries, type OutboxEntry, readOutbox } from './outbox.store.ts';
import { createWorker, type Worker } from './worker.ts';

const batchMax = 100;
const pollEveryMs = 30_000;

/**
 * Turns what was written to the outbox into events. An entry is accepted under its own idempotency key and then
 * deleted, so that a crash in between, or two nodes at once, make one event of it. An entry whose event dies at its
 * endpoints is not told of again: that rule is in settle_deliveries.
 */
export function createOutboxEmitter(options: {
  database: pg.Pool;
  accept: (draft: EventDraft) => Promise<AcceptedEvent>;
  timers: Parameters<typeof createWorker>[0]['timers'];
  onError: (error: unknown) => void;
}): Worker {
  const { database, onError } = options;

  const emit = async (entry: OutboxEntry): Promise<boolean> => {
    try {
      await options.accept(toDraft(entry));
    } catch (error) {
      onError(error);
      // What the database or the load refuses is tried again; what is refused for itself would be refused for ever.
      if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) return false;
    }
    return true;
  };

  const drain = async (stopping: () => boolean): Promise<null> => {
    for (;;) {
      const entries = await readOutbox(database, batchMax);
      const done = await Promise.all(entries.map(emit));
      const emitted = entries.filter((_entry, index) => done[index]);
      if (emitted.length > 0) await deleteOutboxEntries(database, emitted);
      if (entries.length < batchMax || emitted.length < entries.length || stopping()) return null;
    }
  };

  return createWorker({ timers: options.timers, run: drain, onError, pollEveryMs });
}

function toDraft(entry: OutboxEntry): EventDraft {
  const payload = publicData(entry.data);
  const body = standardBody(entry.type, entry.createdAt.getTime(), JSON.stringify(payload));
  return {
    teamId: entry.teamId,
    type: entry.type,
    contentType: 'application/json',
    body,
    payload,
    idempotencyKey: `posthorn-outbox-${entry.entryId}`,
    requestHash: createHash('sha256').update(body).digest(),
    orderingKey: null,
    occurredAtMs: entry.createdAt.getTime(),
    blob: null,
    origin: null,
    keySeconds: 86_400,
    onlyEndpointId: null,
  };
}
