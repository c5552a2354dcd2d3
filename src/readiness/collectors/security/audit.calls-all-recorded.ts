import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeRecordedCalls, type RecordedCalls } from './audit.calls-all-recorded.rules.ts';

const settlingMs = 10_000;
const callsMost = 100_000;
/** Hours are compared from the newest on, until so many uses are. */
const usesMost = 200_000;

export const callsAllRecorded: Collector<RecordedCalls> = {
  checkId: 'audit.calls-all-recorded',
  version: 1,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const sinceMs = context.nowMs - dayMs;
    const [totals] = await context.query<Omit<RecordedCalls, 'hours'>>(
      `SELECT count(*)::integer AS calls,
          count(*) FILTER (WHERE outcome IN (1, 2) AND (method = '' OR path = '' OR total_ms IS NULL
            OR (status IS NULL AND error IS NULL AND cache IS NULL AND polling IS NULL)))::integer AS incomplete,
          (SELECT count(*)::integer FROM call WHERE outcome = 0 AND connection_id = $1 AND id >= $2 AND id < $3) AS endless
        FROM (SELECT * FROM call WHERE connection_id = $1 AND id >= $2 ORDER BY id DESC LIMIT ${callsMost}) c`,
      [own, uuidSince(sinceMs), uuidSince(context.nowMs - 3_600_000)],
    );
    // Uses are counted when a call succeeded, so calls are compared by the hour in which they ended.
    const hours = await context.query<RecordedCalls['hours'][number]>(
      `SELECT to_char(u.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00"Z"') AS hour, u.uses AS counted,
          (SELECT count(*) FROM call c WHERE c.connection_id = $2 AND c.id >= $4
            AND c.id >= uuid_floor(u.hour - interval '1 hour') AND c.id < uuid_floor(u.hour + interval '1 hour 5 seconds')
            AND c.outcome = 1 AND c.credential_id IS NOT NULL AND c.cache IS NULL
            AND c.ended_at >= u.hour - interval '5 seconds' AND c.ended_at < u.hour + interval '1 hour 5 seconds'
          )::integer AS recorded
        FROM (SELECT hour, sum(uses)::integer AS uses, sum(sum(uses)) OVER (ORDER BY hour DESC) - sum(uses) AS newer
          FROM connection_credential_use
          WHERE team_id = $1 AND connection_id = $2 AND hour >= to_timestamp($3::double precision / 1000)
          GROUP BY hour HAVING max(last_used_at) < to_timestamp($5::double precision / 1000)) u
        WHERE u.newer < ${usesMost} ORDER BY u.hour`,
      // Both counts are written behind the calls: an hour in which something has just happened is not compared yet.
      [team, own, sinceMs, uuidSince(sinceMs - 3_600_000), context.nowMs - settlingMs],
    );
    return { calls: 0, incomplete: 0, endless: 0, ...totals, hours };
  },
  judge: judgeRecordedCalls,
};
