import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeAcceptance, type SourceAcceptance } from './source.acceptance-rate-tracked.rules.ts';

const eventsMost = 100_000;

export const acceptanceRateTracked: Collector<SourceAcceptance> = {
  checkId: 'source.acceptance-rate-tracked',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const sinceMs = context.nowMs - 7 * dayMs;
    const [row] = await context.query<{ accepted: number }>(
      `SELECT count(*)::integer AS accepted FROM (SELECT FROM event WHERE team_id = $1 AND source_id = $2 AND id >= $3
        ORDER BY id DESC LIMIT ${eventsMost}) e`,
      [team, own, uuidSince(sinceMs)],
    );
    const refused = await context.query<{ reason: string; count: number }>(
      `SELECT reason, sum(count)::integer AS count FROM source_rejection WHERE team_id = $1 AND source_id = $2
        AND minute >= to_timestamp($3::double precision / 1000) GROUP BY reason ORDER BY 2 DESC`,
      [team, own, sinceMs],
    );
    return { accepted: row?.accepted ?? 0, refused };
  },
  judge: judgeAcceptance,
};
