import type { Context } from '../context.ts';
import { requireEndpoint } from '../endpoints/require-endpoint.ts';
import { floorId, idPrefixes, isId, timeOfId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { requireTeam } from '../teams/require-team.ts';
import { createBell } from './bell.ts';
import type { Listeners } from './listeners.ts';
import { listenAlong, type ListeningContext } from './listen-along.ts';
import { sourceExists } from './listening.store.ts';
import type { ListeningLine } from './listening-line.ts';
import type { ListeningScope } from './listening-scope.rules.ts';

/**
 * Begins to listen: the lines come as they are taken, until `signal` aborts, the node stops or the caller may not any
 * more. Without a position it begins now.
 * @param input.onStop the node stops: the last lines are about to come, and should be taken soon.
 * @throws Problem not_found, invalid_cursor, overloaded, shutting_down
 */
export async function openListening(
  ctx: ListeningContext & Pick<Context, 'database' | 'clock'> & { listeners: Listeners },
  input: {
    scope: ListeningScope;
    after: string | undefined;
    sinceMs: number | undefined;
    signal: AbortSignal;
    onStop: () => void;
    stillAllowed: () => Promise<Problem | null>;
  },
): Promise<AsyncGenerator<ListeningLine>> {
  const { scope, signal } = input;
  const start = startOf(ctx.clock.now(), input);
  await requireTeam(ctx.database, scope.teamId);
  await requireSubject(ctx.database, scope);
  const bell = createBell();
  let stopped = false;
  const membership = ctx.listeners.join(scope, {
    news: () => bell.ring(),
    stop() {
      stopped = true;
      bell.ring();
      input.onStop();
    },
  });
  const gone = (): void => {
    membership.leave();
    bell.ring();
  };
  if (signal.aborted) gone();
  else signal.addEventListener('abort', gone, { once: true });
  return listenAlong(ctx, {
    scope,
    start,
    bell,
    takeNews: () => membership.takeNews(),
    isStopped: () => stopped,
    signal,
    stillAllowed: input.stillAllowed,
  });
}

function startOf(nowMs: number, input: { after: string | undefined; sinceMs: number | undefined }): string {
  const { after, sinceMs = nowMs } = input;
  if (after === undefined) return floorId(idPrefixes.event, Math.max(0, Math.min(sinceMs, nowMs)));
  if (isId(idPrefixes.event, after) && timeOfId(after) <= nowMs) return after;
  throw new Problem('invalid_cursor', 'The cursor is not one that this stream gave; leave it out to begin now.', {
    errors: [{ pointer: '?after', message: 'is not a cursor of a "position" line' }],
  });
}

async function requireSubject(database: Context['database'], scope: ListeningScope): Promise<void> {
  const { teamId, sourceId, endpointId } = scope;
  if (sourceId !== null && !(isId('src', sourceId) && (await sourceExists(database, teamId, sourceId)))) {
    throw new Problem('not_found', `There is no source ${sourceId.slice(0, 60)}.`);
  }
  if (endpointId !== null) await requireEndpoint(database, teamId, endpointId);
}
