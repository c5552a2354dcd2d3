import type { Context } from '../context.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { BodyUrl } from '../delivery/request-preparation.ts';
import type { FeedWaitingRoom } from '../feed/feed-waiting-room.ts';
import { findHorizon } from '../feed/find-horizon.ts';
import { floorId, idPrefixes, timeOfId } from '../ids/id.rules.ts';
import type { Problem } from '../problem.ts';
import type { Bell } from './bell.ts';
import { cutListeningPage } from './listening-page.rules.ts';
import { bodyMaxBytes, type ListeningLine, toEventLine } from './listening-line.ts';
import { type ListenedEventRow, readListenedEvents, scanScope } from './listening.store.ts';
import { type ListeningScope, wantsType } from './listening-scope.rules.ts';

export type ListeningContext = Pick<Context, 'database' | 'clock'> & {
  waitingRoom: FeedWaitingRoom;
  timers: Timers;
  bodyUrl: BodyUrl;
};

const pingEveryMs = 15_000;
const scanMax = 500;
const pageMax = 100;
const pageMaxBytes = 1024 * 1024;
/** Ids that were told at once and that the horizon has not passed yet: some seconds of a very busy team. */
const aheadMax = 10_000;
/** An event's deliveries are made with it and a moment later; a position between the two must not hide it. */
const leewayMs = 1_000;

/**
 * The lines of one listener. Events come at once when this node accepted them; the database is looked at behind the
 * horizon for all others, and for what did not fit. What came at once is not told again, and a `position` is told
 * only when everything before it was.
 */
export async function* listenAlong(
  ctx: ListeningContext,
  input: {
    scope: ListeningScope;
    start: string;
    bell: Bell;
    takeNews: () => ListenedEventRow[];
    isStopped: () => boolean;
    signal: AbortSignal;
    stillAllowed: () => Promise<Problem | null>;
  },
): AsyncGenerator<ListeningLine> {
  const { scope, start, bell, signal } = input;
  const { teamId } = scope;
  const ahead = new Set<string>();
  let position = start;
  let scanDue = true;
  let pingDue = false;
  let awaited = false;

  const ringForPing = (): void => {
    pingDue = true;
    bell.ring();
  };
  let ping = ctx.timers.after(pingEveryMs, ringForPing);

  const awaitHorizon = (): void => {
    if (awaited) return;
    awaited = true;
    const after = floorId(idPrefixes.event, Math.max(0, timeOfId(position) - leewayMs));
    void ctx.waitingRoom.wait({ teamId, after, timeoutMs: pingEveryMs, signal }).then((found) => {
      awaited = false;
      if (!found) return;
      scanDue = true;
      bell.ring();
    });
  };

  /** Whether there may be more right behind it. */
  const scan = async (): Promise<{ rows: ListenedEventRow[]; to: string; more: boolean }> => {
    const horizon = await findHorizon(ctx.database);
    if (horizon <= position) return { rows: [], to: position, more: false };
    const found = await scanScope(ctx.database, scope, { after: position, horizon, scanMax });
    const wants = (row: { id: string; type: string }): boolean => !ahead.has(row.id) && wantsType(scope, row.type);
    const { ids, place } = cutListeningPage(found, { limit: pageMax, maxBytes: pageMaxBytes, wants });
    const more = place !== null && (found.length === scanMax || place !== found.at(-1)?.place);
    const to = more ? place : horizon;
    for (const row of found) if (row.place <= to) ahead.delete(row.id);
    return { rows: await readListenedEvents(ctx.database, teamId, ids, bodyMaxBytes), to, more };
  };

  try {
    yield { kind: 'position', cursor: position };
    while (!signal.aborted) {
      if (input.isStopped()) {
        yield { kind: 'end', code: 'shutting_down', detail: 'This node is stopping.' };
        return;
      }
      if (pingDue) {
        pingDue = false;
        ping = ctx.timers.after(pingEveryMs, ringForPing);
        const problem = await input.stillAllowed();
        if (problem !== null) {
          yield { kind: 'end', code: problem.code, detail: problem.message };
          return;
        }
        yield { kind: 'ping' };
        scanDue = true;
      }
      for (const row of input.takeNews()) {
        // Between the two it was told from the database already.
        const told = row.id > start && row.id <= position;
        if (told || ahead.has(row.id) || ahead.size >= aheadMax) continue;
        ahead.add(row.id);
        yield toEventLine(ctx, teamId, row);
      }
      if (scanDue) {
        const { rows, to, more } = await scan();
        for (const row of rows) yield toEventLine(ctx, teamId, row);
        scanDue = more;
        if (to !== position) yield { kind: 'position', cursor: to };
        position = to;
        if (more) continue;
      }
      awaitHorizon();
      await bell.heard();
    }
  } finally {
    ping.cancel();
  }
}
