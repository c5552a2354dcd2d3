import type { Timers } from '../delivery/delivery-ports.ts';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { Problem } from '../problem.ts';
import { jsonOf } from '../providers/signature.rules.ts';
import { type Spool, SpoolError, type SpoolRecord, type SpoolState } from '../spool/spool.ts';
import { readSpoolHead, writeSpoolHead } from './spool-record.rules.ts';

/** Where an inbound event is now. It is durable in either case. */
export type Taken = { eventId: string | null; duplicate: boolean };

/**
 * Takes verified events: into the database, or, while that is away, into the spool, which is drained in order once it
 * is back. Dedupe keys make it safe to do both when an accept's outcome is unknown.
 */
export type InboundAcceptor = {
  /** Resolves when the event is durable. @throws Problem overloaded, or database_unavailable when the spool is full. */
  take(draft: EventDraft): Promise<Taken>;
  /** Drains what an earlier process left. */
  start(): void;
  /** Ends draining; what is left stays in the spool. */
  stop(): Promise<void>;
  state(): SpoolState & { draining: boolean };
};

/** An accept that takes longer is spooled as well: providers give up after ten seconds and more. */
const acceptPatienceMs = 4_000;
const drainAgainMs = 500;
const gateMaxMs = 1_000;
const drainRecords = 500;
const drainBytes = 8 * 1024 * 1024;

type Spooled = { repeats: number };

export function createInboundAcceptor(options: {
  accept: (draft: EventDraft) => Promise<AcceptedEvent>;
  /** All in one transaction, in order. */
  acceptAll: (drafts: EventDraft[]) => Promise<AcceptedEvent[]>;
  spool: Spool;
  timers: Timers;
  /** A duplicate of an event that came out of the spool had been counted meanwhile. */
  onSeenAgain: (teamId: string, eventId: string, count: number) => void;
  /** A record that can never be stored; it is kept aside. */
  setAside: (record: SpoolRecord, why: unknown) => Promise<void>;
  onSpooled?: () => void;
  onError: (error: unknown) => void;
}): InboundAcceptor {
  const { spool, timers } = options;
  /** While the spool holds anything, everything goes through it: order is kept. */
  let spooling = spool.state().records > 0;
  let draining: Promise<void> | null = null;
  let appending = 0;
  /** Closed while the last records are drained and the database answers: then who comes waits a moment. */
  let gate: { opened: Promise<void>; open: () => void } | null = null;
  let stopped = false;
  let keys = new Map<string, Spooled>();

  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      timers.after(delayMs, resolve);
    });

  const openGate = (): void => {
    gate?.open();
    gate = null;
  };

  const closeGate = (): void => {
    if (gate !== null) return;
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    gate = { opened, open };
    // The database may stop answering just now: nobody waits for it longer than this.
    timers.after(gateMaxMs, openGate);
  };

  const append = async (draft: EventDraft): Promise<Taken> => {
    if (gate !== null) {
      await gate.opened;
      return take(draft);
    }
    const name = `${draft.origin?.sourceId} ${draft.idempotencyKey}`;
    const earlier = keys.get(name);
    if (earlier !== undefined) {
      earlier.repeats += 1;
      return { eventId: null, duplicate: true };
    }
    appending += 1;
    try {
      await spool.append({ head: writeSpoolHead(draft), body: draft.body });
      keys.set(name, { repeats: 0 });
      options.onSpooled?.();
      return { eventId: null, duplicate: false };
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error;
      options.onError(error);
      const what = error.kind === 'full' ? 'the spool is full' : 'the spool cannot be written';
      throw new Problem('database_unavailable', `The database is out of reach and ${what}. Send it again.`, {
        retryAfterSeconds: 10,
        cause: error,
      });
    } finally {
      appending -= 1;
      drain();
    }
  };

  const take = async (draft: EventDraft): Promise<Taken> => {
    if (spooling || stopped) return append(draft);
    const accepted = options.accept(draft);
    const outcome = await inTime(accepted, timers);
    if (outcome === 'late') {
      // It may be committed yet: the dedupe key tells the two apart then.
      accepted.catch(() => undefined);
      spooling = true;
      return append(draft);
    }
    if (!(outcome instanceof Problem)) return { eventId: outcome.id, duplicate: outcome.duplicate };
    if (outcome.code !== 'database_unavailable') throw outcome;
    spooling = true;
    return append(draft);
  };

  const toDraft = (record: SpoolRecord): EventDraft | null => {
    const head = readSpoolHead(record.head);
    if (head === null) return null;
    return { ...head, body: record.body, payload: record.body.length === 0 ? undefined : jsonOf(record.body) };
  };

  const tellRepeats = (draft: EventDraft, event: AcceptedEvent): void => {
    const name = `${draft.origin?.sourceId} ${draft.idempotencyKey}`;
    const spooled = keys.get(name);
    keys.delete(name);
    if (spooled !== undefined && spooled.repeats > 0) options.onSeenAgain(draft.teamId, event.id, spooled.repeats);
  };

  /** One record that its batch was refused for: alone it is stored, or set aside when it never can be. */
  const storeAlone = async (record: SpoolRecord): Promise<void> => {
    const draft = toDraft(record);
    if (draft === null) return options.setAside(record, new Error('its head cannot be read'));
    try {
      tellRepeats(draft, await options.accept(draft));
    } catch (error) {
      const passes = error instanceof Problem && (error.code === 'overloaded' || !rolledBack(error.cause));
      if (passes && error.code !== 'not_found') throw error;
      await options.setAside(record, error);
    }
    return undefined;
  };

  const store = async (records: SpoolRecord[]): Promise<void> => {
    const drafts = records.map(toDraft);
    if (drafts.every((draft) => draft !== null)) {
      try {
        const events = await options.acceptAll(drafts);
        events.forEach((event, index) => tellRepeats(drafts[index] as EventDraft, event));
        return;
      } catch (error) {
        const refused = error instanceof Problem && (error.code === 'not_found' || rolledBack(error.cause));
        if (!refused) throw error;
      }
    }
    for (const record of records) await storeAlone(record);
  };

  const drainAll = async (): Promise<void> => {
    while (!stopped) {
      try {
        const records = await spool.peek(drainRecords, drainBytes);
        if (records.length === 0) {
          if (appending > 0) {
            closeGate();
            await pause(1);
            continue;
          }
          spooling = false;
          keys = new Map();
          openGate();
          return;
        }
        await store(records);
        if (records.length < drainRecords) closeGate();
        await spool.remove(records.length);
      } catch (error) {
        openGate();
        options.onError(error);
        await pause(drainAgainMs);
      }
    }
    openGate();
  };

  const drain = (): void => {
    if (draining !== null || stopped || !spooling) return;
    draining = drainAll().finally(() => {
      draining = null;
    });
  };

  return {
    take,
    start: drain,
    async stop() {
      stopped = true;
      openGate();
      await draining;
    },
    state: () => ({ ...spool.state(), draining: spooling }),
  };
}

/** The SQLSTATE of a statement that was refused for its data; see the accept path. */
function rolledBack(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(2[0-9]|42)[0-9A-Z]{3}$/.test(String(error.code));
}

function inTime(accepted: Promise<AcceptedEvent>, timers: Timers): Promise<AcceptedEvent | Problem | 'late'> {
  return new Promise((resolve, reject) => {
    const timer = timers.after(acceptPatienceMs, () => resolve('late'));
    accepted.then(
      (event) => {
        timer.cancel();
        resolve(event);
      },
      (error: unknown) => {
        timer.cancel();
        if (error instanceof Problem) resolve(error);
        else reject(error instanceof Error ? error : new Error('an event could not be accepted'));
      },
    );
  });
}
