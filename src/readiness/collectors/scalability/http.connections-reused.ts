import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeReuse, type ReusedConnections } from './http.connections-reused.rules.ts';

const callsMost = 20_000;

export const connectionsReused: Collector<ReusedConnections> = {
  checkId: 'http.connections-reused',
  version: 1,
  async gather(context, subject) {
    // Ids tell of the beginning to the millisecond. One node has its own connections. A call that begins while the one before is under way needs one of its own.
    const [row] = await context.query<ReusedConnections>(
      `SELECT count(*)::integer AS "closeCalls", count(*) FILTER (WHERE connect_ms IS NULL)::integer AS reused
        FROM (SELECT connect_ms, uuid_time(id) AS began, max(ended_at) OVER (PARTITION BY node ORDER BY id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_ended
          FROM (SELECT id, node, connect_ms, ended_at FROM call WHERE connection_id = $1 AND id >= $2
            AND tries_count > 0 AND outcome = 1 ORDER BY id DESC LIMIT ${callsMost}) n) c
        WHERE began >= date_trunc('milliseconds', before_ended) AND began < before_ended + interval '10 seconds'`,
      [uuidsOf(subject).own, uuidSince(context.nowMs - dayMs)],
    );
    return row ?? { closeCalls: 0, reused: 0 };
  },
  judge: judgeReuse,
};
