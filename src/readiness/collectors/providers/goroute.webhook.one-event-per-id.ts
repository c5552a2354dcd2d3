import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { type GorouteEvents, judgeGorouteEvents } from './goroute.webhook.one-event-per-id.rules.ts';

const eventsMost = 50_000;

export const gorouteOneEventPerId: Collector<GorouteEvents> = {
  checkId: 'goroute.webhook.one-event-per-id',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const [source] = await context.query<{ provider: string; window: number }>(
      'SELECT provider, dedupe_window_seconds AS window FROM source WHERE team_id = $1 AND id = $2',
      [team, own],
    );
    if (source?.provider !== 'goroute') return { concerned: false };
    const [row] = await context.query<{ events: number; missing: number; ids: number; repeated: number }>(
      `SELECT coalesce(sum(n), 0)::integer AS events, coalesce(sum(n) FILTER (WHERE external_id IS NULL), 0)::integer AS missing,
          count(*) FILTER (WHERE external_id IS NOT NULL AND n > 1)::integer AS repeated
        FROM (SELECT external_id, count(*) AS n FROM (SELECT external_id FROM event WHERE team_id = $1 AND source_id = $2
          AND id >= $3 ORDER BY id DESC LIMIT ${eventsMost}) e GROUP BY external_id) i`,
      [team, own, uuidSince(context.nowMs - 30 * dayMs)],
    );
    return {
      concerned: true,
      events: row?.events ?? 0,
      withoutId: row?.missing ?? 0,
      repeatedIds: row?.repeated ?? 0,
      dedupeWindowSeconds: source.window,
    };
  },
  judge: judgeGorouteEvents,
};
