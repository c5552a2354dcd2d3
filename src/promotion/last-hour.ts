import type pg from 'pg';
import { rejectionReasons } from '../providers/provider-profile.ts';
import type { Integration } from '../reviews/review.ts';
import { readFigures } from './figures.store.ts';
import type { Threshold } from './launch-plan.ts';
import type { Measure, Watch } from './watch.ts';
import { judgeFigures } from './watch.rules.ts';

const hourMs = 3_600_000;
const signatureReasons = Object.keys(rejectionReasons).filter((each) => /^(?:signature|timestamp)_/.test(each));

/**
 * What an integration came to in the hour before a time, that moment with it, against the limits of its plan. What was
 * tried in the sandbox before the launch says nothing of production, so it begins with the launch.
 * @param of.launchedAtMs when the watch began
 * @param of.exceeded since when limits were exceeded at the look before
 */
export async function measureLastHour(
  database: Pick<pg.Pool, 'query'>,
  of: {
    teamId: string;
    integration: Integration;
    thresholds: readonly Threshold[];
    exceeded: Watch['exceeded'];
    launchedAtMs: number;
    nowMs: number;
  },
): Promise<Measure[]> {
  const { teamId, integration, thresholds, exceeded, launchedAtMs, nowMs } = of;
  const span = { sinceMs: Math.max(nowMs - hourMs, launchedAtMs), untilMs: nowMs + 1 };
  const figures = await readFigures(database, teamId, integration, span, signatureReasons);
  return judgeFigures(figures, thresholds, exceeded, nowMs);
}
