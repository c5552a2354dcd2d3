import type pg from 'pg';
import type { Timers } from '../delivery/delivery-ports.ts';
import { Problem } from '../problem.ts';
import type { CallLedger, CallStart } from './call-ledger.ts';
import { createCallRecordStore } from './call-record.store.ts';
import { createBeginWriter } from './begin-writer.ts';
import { createEndWriter } from './end-writer.ts';
import { createWithdrawals } from './withdrawals.ts';
import { type BegunCall, weighBodies, weighEnd, weighStart } from './recorded-call.rules.ts';

const defaultMaxBytes = 64 * 1024 * 1024;
const defaultPatienceMs = 5_000;
const retryAfterSeconds = 2;

export type CallLedgerOptions = {
  database: pg.Pool;
  /** This node's epoch; null while it has none. */
  epoch: () => number | null;
  timers: Timers;
  /** Of calls whose end is not written yet: what it costs to hold them. */
  maxBytes?: number;
  /** How long a call waits to be put on record. */
  patienceMs?: number;
  onError: (error: unknown) => void;
};

/**
 * The ledger over PostgreSQL. `begin` rejects with a Problem (`database_unavailable`, `shutting_down`) that the caller
 * can be answered with. A begin is committed without waiting for the disk, an end is durable; both by group commit.
 */
export function createCallLedger(options: CallLedgerOptions): CallLedger {
  const { timers, onError, maxBytes = defaultMaxBytes, patienceMs = defaultPatienceMs } = options;
  const store = createCallRecordStore(options.database);
  const begun = new Map<string, BegunCall & { bytes: number }>();
  let heldBytes = 0;
  let stopped = false;

  const withdrawals = createWithdrawals({ store, timers, onError });
  const begins = createBeginWriter({ store, onInDoubt: (call) => withdrawals.add(call), onError });
  const ends = createEndWriter({
    store,
    timers,
    onWritten: (bytes) => {
      heldBytes -= bytes;
    },
    onError,
  });
  const forget = (id: string): void => {
    const call = begun.get(id);
    if (call === undefined) return;
    begun.delete(id);
    heldBytes -= call.bytes;
  };

  const admit = (start: CallStart): BegunCall => {
    if (stopped) {
      throw new Problem('shutting_down', 'This node is stopping; the call was not made. Try again at another node.');
    }
    const epoch = options.epoch();
    if (epoch === null) throw unavailable('this node has no lease on the database');
    const bytes = weighStart(start);
    if (heldBytes + bytes > maxBytes) throw unavailable('too many calls wait to be written');
    const call = { start, epoch, bytes };
    begun.set(start.id, call);
    heldBytes += bytes;
    return call;
  };

  return {
    async begin(start) {
      const call = admit(start);
      try {
        await begins.add(call, (giveUp) => timers.after(patienceMs, giveUp));
      } catch (error) {
        forget(start.id);
        throw unavailable('the database does not take it', error);
      }
    },
    end(end) {
      const call = begun.get(end.id);
      if (call === undefined) {
        onError(new Error(`call ${end.id} ended that had not begun, or twice`));
        return;
      }
      begun.delete(end.id);
      const fits = heldBytes + weighEnd(end) <= maxBytes;
      if (!fits && weighBodies(end) > 0) onError(new Error('bodies of calls are left out: the ledger is full'));
      const kept = fits ? end : { ...end, requestBody: null, responseBody: null };
      const bytes = weighEnd(kept);
      heldBytes += bytes;
      ends.push({ start: call.start, epoch: call.epoch, end: kept, bytes: call.bytes + bytes });
    },
    get pending() {
      return begins.pending + ends.pending + withdrawals.pending;
    },
    async stop(waitMs) {
      stopped = true;
      const idle = Promise.all([ends.idle(), begins.idle()]).then(() => withdrawals.idle());
      let timer: { cancel(): void } | null = null;
      const outOfPatience = new Promise<void>((resolve) => {
        timer = timers.after(waitMs, resolve);
      });
      await Promise.race([idle, outOfPatience]);
      (timer as { cancel(): void } | null)?.cancel();
      // What is left is on record as running, and unknown once this node's epoch is gone.
      ends.giveUp();
      withdrawals.giveUp();
    },
  };
}

/** The call must not go out: nobody could say afterwards that it did. */
function unavailable(why: string, cause?: unknown): Problem {
  return new Problem(
    'database_unavailable',
    `The call cannot be put on record (${why}), so it was not made. Try again.`,
    { retryAfterSeconds, cause },
  );
}
