import type { Context } from '../context.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { requireTeam } from '../teams/require-team.ts';
import { readBounded } from './bounded-query.ts';
import type { CallFilter } from './call-filter.rules.ts';
import { type CallSummary, searchCalls } from './call-query.store.ts';
import { windowOf } from './call-window.rules.ts';

/** Entries of an index that one page may look at. */
const scanMax = 20_000;

/**
 * Newest first, of the last 24 hours unless it is said. A page may hold fewer than `limit` calls, or none, and still have
 * a `next`: rare ones among many are searched for a bounded number at a time.
 * @throws Problem not_found, overloaded
 */
export async function listCalls(
  ctx: Pick<Context, 'database' | 'clock'>,
  input: {
    teamId: string;
    filter: CallFilter;
    sinceMs?: number | undefined;
    untilMs?: number | undefined;
    limit: number;
    after: string | null;
  },
): Promise<{ calls: CallSummary[]; next: string | null }> {
  await requireTeam(ctx.database, input.teamId);
  const { teamId, filter, limit, after } = input;
  const window = windowOf(ctx.clock.now(), input.sinceMs, input.untilMs);
  const bound = after === null ? window.before : uuidFromId(after);
  const { calls, scannedTo } = await readBounded(ctx.database, input.teamId, (database) =>
    searchCalls(database, {
      teamId,
      filter,
      window: { from: window.from, before: bound < window.before ? bound : window.before },
      limit: limit + 1,
      scanMax,
    }),
  );
  if (calls.length <= limit) return { calls, next: scannedTo };
  const page = calls.slice(0, limit);
  return { calls: page, next: page.at(-1)?.id ?? null };
}
