import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import { readBounded } from './bounded-query.ts';
import { type CallFigures, readStatistics, type StatisticsKey } from './call-statistics.store.ts';
import { defaultWindowMs, windowOf } from './call-window.rules.ts';
import { labelHistogram, successRate } from './statistics.rules.ts';

type Figures = CallFigures & { successRate: number | null };

export type CallStatistics = {
  since: string;
  until: string;
  /** There were more calls than are looked at: these are the figures of the newest, since this time. */
  sampledSince: string | null;
  overall: Figures & { histogram: { upToMs: number | null; calls: number }[] };
  groups: (Figures & { key: string })[];
};

/** Calls that one answer looks at, and groups that it has. */
const sampleMax = 100_000;
const groupsMax = 1_000;

/**
 * What calls of a time, 24 hours unless it is said, came to. Exact, of the newest 100,000 calls in that time.
 * @throws Problem not_found, overloaded
 */
export async function getCallStatistics(
  ctx: Pick<Context, 'database' | 'clock'>,
  input: {
    teamId: string;
    connectionId: string | null;
    groupBy: StatisticsKey;
    sinceMs?: number | undefined;
    untilMs?: number | undefined;
  },
): Promise<CallStatistics> {
  await requireTeam(ctx.database, input.teamId);
  const nowMs = ctx.clock.now();
  const untilMs = input.untilMs ?? nowMs;
  const { teamId, connectionId, groupBy } = input;
  const window = windowOf(nowMs, input.sinceMs, input.untilMs);
  const { overall, groups, histogram, sampledFromMs } = await readBounded(ctx.database, input.teamId, (database) =>
    readStatistics(database, { teamId, connectionId, groupBy, window, sampleMax, groupsMax }),
  );
  const time = (atMs: number): string => new Date(atMs).toISOString();
  return {
    since: time(input.sinceMs ?? Math.min(untilMs, nowMs) - defaultWindowMs),
    until: time(untilMs),
    sampledSince: sampledFromMs === null ? null : time(sampledFromMs),
    overall: { ...withRate(overall), histogram: labelHistogram(histogram) },
    groups: groups.map(({ key, figures }) => ({ key, ...withRate(figures) })),
  };
}

function withRate(figures: CallFigures): Figures {
  return { ...figures, successRate: successRate(figures) };
}
