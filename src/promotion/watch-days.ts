import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { readAsTeam, type TeamReader } from '../database/read-as-team.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { actorName } from '../members/actor-name.rules.ts';
import { Problem } from '../problem.ts';
import { lockTeam, requireTeam } from '../teams/require-team.ts';
import { auditedDay } from './audited-fields.rules.ts';
import type { WatchDay, WatchLook } from './watch.ts';
import { findDay, listDayRows, markDay } from './watch-day.store.ts';
import { findWatch, listLookRows } from './watch.store.ts';

type Place = { teamId: string; reviewId: string };
const daysMost = 100;

/** The timeline of a watched review: what was looked at, values against limits, newest first. */
export type WatchTimeline = {
  startedAt: string;
  endedAt: string | null;
  nextAt: string;
  looks: WatchLook[];
};

/** @throws Problem not_found */
export async function getWatch(
  ctx: Pick<Context, 'database'>,
  input: Place & { limit: number; after: string | null; onlyFound: boolean },
): Promise<WatchTimeline> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    const { exceeded: _exceeded, ...watch } = await requireWatch(database, input);
    return { ...watch, looks: await listLookRows(database, input) };
  });
}

/** Newest first. @throws Problem not_found */
export async function listDays(ctx: Pick<Context, 'database'>, input: Place): Promise<WatchDay[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireWatch(database, input);
    return listDayRows(database, input, daysMost);
  });
}

/** Notes who looked at a day first. @throws Problem not_found */
export async function openDay(ctx: Context, input: Place & { day: string }): Promise<WatchDay> {
  return changeDay(ctx, input, 'watch-day.opened', (day, by, at) => opened(day, by, at));
}

/** Closes a day with a note: what was seen, and what is done about it. @throws Problem conflict, not_found */
export async function closeDay(ctx: Context, input: Place & { day: string; note: string }): Promise<WatchDay> {
  return changeDay(ctx, input, 'watch-day.closed', (day, by, at) => {
    if (day.closedAt !== null) throw new Problem('conflict', `${day.day} was closed by ${day.closedBy ?? ''} already.`);
    return { ...opened(day, by, at), closedBy: by, closedAt: at, note: input.note };
  });
}

function opened(day: WatchDay, by: string, at: string): WatchDay {
  return day.openedAt === null ? { ...day, openedBy: by, openedAt: at } : day;
}

async function changeDay(
  ctx: Context,
  input: Place & { day: string },
  action: 'watch-day.opened' | 'watch-day.closed',
  change: (day: WatchDay, by: string, at: string) => WatchDay,
): Promise<WatchDay> {
  await requireWatch(ctx.database, input);
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, input.teamId);
    const found = await findDay(client, input, input.day, 'for update');
    if (found === null) throw new Problem('not_found', `There is no summary of ${input.day}.`);
    const after = change(found, actorName(ctx.actor), new Date(ctx.clock.now()).toISOString());
    await markDay(client, input, after);
    await recordChange(ctx, client, {
      teamId: input.teamId,
      action,
      target: { kind: 'watch-day', id: input.day },
      fields: auditedDay,
      after: { review: input.reviewId, note: after.note },
    });
    return after;
  });
}

/** @throws Problem not_found */
export async function requireWatch(database: TeamReader, { teamId, reviewId }: Place) {
  await requireTeam(database, teamId);
  const watch = isId(idPrefixes.review, reviewId) ? await findWatch(database, { teamId, reviewId }) : null;
  if (watch === null) throw new Problem('not_found', `${reviewId} is not watched: nothing was promoted under it.`);
  return watch;
}
