import type pg from 'pg';
import { rejectionReasons } from '../providers/provider-profile.ts';
import type { Integration } from '../reviews/review.ts';
import { readFigures } from './figures.store.ts';
import type { WatchFigures } from './watch.ts';

const hourMs = 3_600_000;
const signatureReasons = Object.keys(rejectionReasons).filter((each) => /^(?:signature|timestamp)_/.test(each));

/** What an integration came to in the hour before a time, that moment with it. */
export function readLastHour(
  database: Pick<pg.Pool, 'query'>,
  teamId: string,
  integration: Integration,
  nowMs: number,
): Promise<WatchFigures> {
  const span = { sinceMs: nowMs - hourMs, untilMs: nowMs + 1 };
  return readFigures(database, teamId, integration, span, signatureReasons);
}
