import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { bodyOf } from './event-body.ts';
import { type Forwarded, isSuccess } from './forwarded.rules.ts';
import type { Forward } from './forwarding.ts';
import type { KeyAction } from './keys.ts';
import { keyHelp } from './keys.ts';
import type { ListenedEvent } from './listened-line.rules.ts';
import { payloadOf } from './payload.rules.ts';
import type { Screen } from './screen.ts';
import { renderRow } from './table.rules.ts';

/** As many at once as an endpoint has unless told otherwise. */
const concurrency = 8;

type Held = { event: ListenedEvent; body: Buffer; attempts: number };

/** What is done with the events that come, and with the keys that are pressed. */
export type Session = {
  /** Resolves when it is sent or has its place among those that are. */
  take(event: ListenedEvent): Promise<void>;
  press(action: Exclude<KeyAction, 'quit'>): void;
  connected(is: boolean): void;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
  /** In words. */
  summary(): string;
  readonly counts: { taken: number; failed: number };
};

export function createSession(options: {
  /** Null only shows. */
  forward: Forward | null;
  /** Null takes every event. */
  matches: ((payload: unknown) => boolean) | null;
  sourceName: (sourceId: string | null) => string;
  json: boolean;
  screen: Screen;
  terminal: Terminal;
  signal: AbortSignal;
}): Session {
  const { forward, matches, screen, terminal, signal } = options;
  const counts = { taken: 0, succeeded: 0, failed: 0, leftOut: 0, cutOff: 0 };
  const onTheWay = new Set<Promise<void>>();
  const lastOfKey = new Map<string, Promise<void>>();
  let last: Held | null = null;
  let lastFailed: Held | null = null;
  let isConnected = false;

  const showStatus = (): void => {
    const going = onTheWay.size === 0 ? '' : `  ${onTheWay.size} on the way`;
    const failed = counts.failed === 0 ? '' : `  ${counts.failed} failed`;
    const state = isConnected ? 'connected' : 'not connected';
    screen.status(`${state}  ${counted(counts.taken, 'event')}${failed}${going}  ? shows the keys`);
  };

  const show = (held: Pick<Held, 'event'>, attempt: number, forwarded: Forwarded | null): void => {
    const { event } = held;
    if (options.json) return screen.lines([JSON.stringify({ ...event, attempt, forwarded })]);
    const row = {
      atMs: Date.now(),
      id: event.id,
      type: event.type,
      source: options.sourceName(event.sourceId),
      sizeBytes: event.body.sizeBytes,
      attempt,
      forwarded,
    };
    screen.lines(renderRow(row, terminal));
  };

  const send = async (held: Held, through: Forward): Promise<void> => {
    held.attempts += 1;
    const attempt = held.attempts;
    const forwarded = await through(held.event, held.body, attempt, signal);
    if (signal.aborted && forwarded.status === null) {
      counts.cutOff += 1;
      return;
    }
    if (isSuccess(forwarded)) {
      counts.succeeded += 1;
      if (lastFailed === held) lastFailed = null;
    } else {
      counts.failed += 1;
      lastFailed = held;
    }
    show(held, attempt, forwarded);
  };

  const track = (work: Promise<void>): void => {
    const tracked = work.finally(() => {
      onTheWay.delete(tracked);
      showStatus();
    });
    onTheWay.add(tracked);
    showStatus();
  };

  /** Those of one ordering key go one after another. */
  const enqueue = (held: Held, through: Forward): void => {
    const key = held.event.orderingKey;
    if (key === null) return track(send(held, through));
    const work = (lastOfKey.get(key) ?? Promise.resolve()).then(() => send(held, through));
    lastOfKey.set(key, work);
    track(
      work.then(() => {
        if (lastOfKey.get(key) === work) lastOfKey.delete(key);
      }),
    );
  };

  const failToLoad = (event: ListenedEvent, error: unknown): void => {
    if (signal.aborted) return;
    counts.failed += 1;
    const detail = error instanceof Error ? error.message : String(error);
    show({ event }, 1, { status: null, error: 'no body', detail, durationMs: 0 });
  };

  const resend = (held: Held | null, nothing: string): void => {
    if (forward === null) screen.note('nothing is forwarded; name a URL with --forward');
    else if (held === null) screen.note(nothing);
    else track(send(held, forward));
  };

  return {
    counts,
    async take(event) {
      let body: Buffer = Buffer.alloc(0);
      try {
        if (forward !== null || matches !== null) body = await bodyOf(event, signal);
      } catch (error) {
        counts.taken += 1;
        return failToLoad(event, error);
      }
      if (matches !== null && !matches(payloadOf(event, body))) {
        counts.leftOut += 1;
        return;
      }
      counts.taken += 1;
      if (forward === null) {
        show({ event }, 1, null);
        return showStatus();
      }
      while (onTheWay.size >= concurrency && !signal.aborted) await Promise.race(onTheWay);
      last = { event, body, attempts: 0 };
      enqueue(last, forward);
    },
    press(action) {
      if (action === 'help') screen.note(keyHelp);
      else if (action === 'again') resend(last, 'no event has come yet');
      else resend(lastFailed, 'no event has failed');
    },
    connected(is) {
      isConnected = is;
      showStatus();
    },
    async settled() {
      while (onTheWay.size > 0) await Promise.race(onTheWay);
    },
    summary() {
      const { taken, succeeded, failed, cutOff, leftOut } = counts;
      const cut = cutOff === 0 ? '' : `, ${cutOff} cut off`;
      const sent = `; ${counted(succeeded + failed + cutOff, 'request')}: ${succeeded} succeeded, ${failed} failed${cut}`;
      const left = leftOut === 0 ? '' : `; ${leftOut} left out by the filter`;
      return `${counted(taken, 'event')}${forward === null ? '' : sent}${left}.`;
    },
  };
}
