import type { Context } from '../context.ts';
import type { ConnectionConfig, ConnectionDirectory } from '../connections/connection-config.ts';
import { inTransaction } from '../database/transaction.ts';
import { floorId, idPrefixes, timeOfId } from '../ids/id.rules.ts';
import { findArchivePlan } from '../providers/archive-plans.ts';
import { insertJobs, type NewJob } from './archive-job.store.ts';
import {
  findArchiveHorizon,
  findPositions,
  type FoundEvent,
  savePositions,
  scanWindows,
  type Watch,
  type Window,
} from './archive-cursor.store.ts';

const batchWatches = 100;
const mostEvents = 200;
/** Longer stretches are gone through a day at a time, so that no statement takes long. */
const windowMs = 86_400_000;
/** Without anything found, a position is only written when it has moved so far. */
const saveAfterMs = 60_000;

/**
 * Goes through the events of every archiving connection's sources, from where it stood up to where nothing can appear any
 * more, and makes a job of each completion. Jobs and positions are one transaction: a crash undoes both, and nodes that do
 * it at once make the same jobs. A new watch starts where its connection began, as far as events are still kept.
 * @returns jobs made, and whether there is more to go through at once.
 */
export async function findCompleted(
  ctx: Pick<Context, 'database' | 'ids'> & { connections: Pick<ConnectionDirectory, 'all'> },
  stopping: () => boolean,
): Promise<{ made: number; more: boolean }> {
  const watches = [...ctx.connections.all()].flatMap(watchesOf);
  let made = 0;
  let more = false;
  for (let at = 0; at < watches.length && !stopping(); at += batchWatches) {
    const batch = watches.slice(at, at + batchWatches);
    const horizon = await findArchiveHorizon(ctx.database);
    const positions = await findPositions(ctx.database, batch);
    const windows = batch.map((watch, index) => windowOf(watch, positions[index] ?? null, horizon));
    const done = await goThrough(ctx, windows, horizon);
    made += done.made;
    more ||= done.more;
  }
  return { made, more };
}

type ConnectionWatch = Watch & { provider: string; completions: readonly string[] };

function watchesOf(connection: ConnectionConfig): ConnectionWatch[] {
  const plan = connection.archive ? findArchivePlan(connection.profile.name) : null;
  if (plan === null) return [];
  const { teamId, id: connectionId } = connection;
  return connection.sourceIds.map((sourceId) => ({
    teamId,
    connectionId,
    sourceId,
    provider: plan.provider,
    completions: plan.completionEvents,
  }));
}

function windowOf<Watched extends Watch>(watch: Watched, position: string | null, horizon: string): Watched & Window {
  const low = position ?? floorId(idPrefixes.event, timeOfId(watch.connectionId));
  const end = floorId(idPrefixes.event, timeOfId(low) + windowMs);
  return { ...watch, low, high: end < horizon ? end : horizon };
}

async function goThrough(
  ctx: Pick<Context, 'database' | 'ids'>,
  windows: readonly (ConnectionWatch & Window)[],
  horizon: string,
): Promise<{ made: number; more: boolean }> {
  const open = windows.filter(({ low, high }) => low < high);
  if (open.length === 0) return { made: 0, more: false };
  const types = [...new Set(open.flatMap(({ completions }) => completions))];
  const found = Map.groupBy(await scanWindows(ctx.database, open, types, mostEvents), ({ index }) => index);
  const jobs: NewJob[] = [];
  const moved: (Watch & { position: string })[] = [];
  let more = false;
  for (const [index, window] of open.entries()) {
    const events = found.get(index) ?? [];
    const last = events.at(-1);
    const cut = last !== undefined && events.length === mostEvents;
    const position = cut ? last.id : window.high;
    more ||= position < horizon;
    jobs.push(...events.flatMap((event) => jobOf(ctx, window, event)));
    const farther = timeOfId(position) - timeOfId(window.low) >= saveAfterMs;
    if (events.length > 0 || farther) moved.push({ ...window, position });
  }
  if (moved.length === 0) return { made: 0, more };
  const made = await inTransaction(ctx.database, async (client) => {
    const inserted = jobs.length === 0 ? 0 : await insertJobs(client, jobs);
    await savePositions(client, moved);
    return inserted;
  });
  return { made, more };
}

/** An event without a subject does not say what was completed. */
function jobOf(ctx: Pick<Context, 'ids'>, watch: ConnectionWatch, { id, type, subject }: FoundEvent): NewJob[] {
  if (subject === null || !watch.completions.includes(type)) return [];
  const { teamId, connectionId, provider } = watch;
  const job = { teamId, connectionId, provider, eventId: id, subject, completion: type };
  return [{ ...job, id: ctx.ids.next(idPrefixes.archiveJob) }];
}
