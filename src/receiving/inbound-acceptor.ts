import type { Timers } from '../delivery/delivery-ports.ts';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { Problem } from '../problem.ts';
import { type Spool, SpoolError, type SpoolState } from '../spool/spool.ts';
import { mayBeCommitted } from './accept-failure.rules.ts';
import { Gate } from './gate.ts';
import { SharedPatience } from './shared-patience.ts';
import { writeSpoolHead } from './spool-record.rules.ts';
import { SpooledKeys } from './spooled-keys.ts';
import { createSpoolStorer, type SpoolStoring } from './store-spooled.ts';

/** Where an inbound event is now: its id, or null while it is in the spool. It is durable in either case. */
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
const firstPauseMs = 250;
const longestPauseMs = 2_000;
/** Of failures in a row one in so many is told: an outage may be long. */
const tellEvery = 15;
/** How long who comes waits for the drain, so that it gets ahead of them and the spool is empty some day. */
const gateMaxMs = 500;
const drainRecords = 500;
const drainBytes = 8 * 1024 * 1024;
const mostKeys = 200_000;

export function createInboundAcceptor(
  options: SpoolStoring & { spool: Spool; timers: Timers; onSpooled?: () => void },
): InboundAcceptor {
  const { spool, timers } = options;
  const keys = new SpooledKeys(mostKeys);
  const store = createSpoolStorer({ ...options, keys });
  /** Closed after each batch that the database took. */
  const gate = new Gate(timers, gateMaxMs);
  const patience = new SharedPatience(timers, acceptPatienceMs);
  /** While the spool holds anything, everything goes through it: order is kept. */
  let spooling = spool.state().records > 0;
  let draining: Promise<void> | null = null;
  let appending = 0;
  let appendsStarted = 0;
  let onQuiet: (() => void) | null = null;
  let endPause: (() => void) | null = null;
  let stopped = false;

  const write = async (draft: EventDraft): Promise<void> => {
    appending += 1;
    appendsStarted += 1;
    try {
      await spool.append({ head: writeSpoolHead(draft), body: draft.body });
      options.onSpooled?.();
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
      if (appending === 0) onQuiet?.();
      drain();
    }
  };

  const append = async (draft: EventDraft, doubtful: boolean): Promise<Taken> => {
    const earlier = keys.find(draft);
    if (earlier !== undefined) {
      earlier.repeats += 1;
      await earlier.kept;
      return { eventId: null, duplicate: true };
    }
    const kept = write(draft);
    keys.add(draft, kept, doubtful);
    try {
      await kept;
    } catch (error) {
      keys.remove(draft);
      throw error;
    }
    return { eventId: null, duplicate: false };
  };

  const take = async (draft: EventDraft): Promise<Taken> => {
    while (gate.opened !== null) await gate.opened;
    if (spooling || stopped) return append(draft, false);
    let outcome: AcceptedEvent | 'late';
    try {
      outcome = await patience.race(options.accept(draft));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'database_unavailable') throw error;
      spooling = true;
      return append(draft, mayBeCommitted(error));
    }
    if (outcome !== 'late') return { eventId: outcome.id, duplicate: outcome.duplicate };
    // It may be committed yet: the dedupe key tells the two apart then.
    spooling = true;
    return append(draft, true);
  };

  const waitOut = async (delayMs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = timers.after(delayMs, resolve);
    endPause = resolve;
    await promise;
    endPause = null;
    timer.cancel();
  };

  const appendsEnd = async (): Promise<void> => {
    if (appending === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    onQuiet = resolve;
    await promise;
    onQuiet = null;
  };

  /** @returns true when the spool is empty and nobody is about to put something in. */
  const drainSome = async (): Promise<boolean> => {
    const startedBefore = appendsStarted;
    const wasQuiet = appending === 0;
    const records = await spool.peek(drainRecords, drainBytes);
    if (records.length > 0) {
      await store(records);
      gate.close();
    } else if (wasQuiet && appendsStarted === startedBefore) return true;
    else {
      gate.close();
      await appendsEnd();
    }
    return false;
  };

  const drainAll = async (): Promise<void> => {
    let failures = 0;
    for (;;) {
      if (stopped) break;
      try {
        if (await drainSome()) {
          spooling = false;
          keys.clear();
          break;
        }
        failures = 0;
      } catch (error) {
        gate.open();
        if (failures % tellEvery === 0) options.onError(error);
        // A stop that came meanwhile found no pause to end.
        if (!stopped) await waitOut(Math.min(longestPauseMs, firstPauseMs * 2 ** failures));
        failures += 1;
      }
    }
    // At once with `spooling`: whoever spools from now on starts another.
    draining = null;
    gate.open();
  };

  const drain = (): void => {
    if (draining === null && !stopped && spooling) draining = drainAll();
  };

  return {
    take,
    start: drain,
    async stop() {
      stopped = true;
      gate.open();
      endPause?.();
      await draining;
    },
    state: () => ({ ...spool.state(), draining: spooling }),
  };
}
