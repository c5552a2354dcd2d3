import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidSince } from '../../subject-uuids.ts';
import { type AccountedDeliveries, judgeAccounted } from './delivery.every-one-accounted-for.rules.ts';
import { matchAgain, matchingColumns, type MatchingEndpoint } from './matched-deliveries.ts';

const teamsMost = 50;
const eventsMost = 10_000;
const lateMs = 15 * 60_000;
const negativesMost = 20_000;

export const everyDeliveryAccountedFor: Collector<AccountedDeliveries> = {
  checkId: 'delivery.every-one-accounted-for',
  version: 1,
  async gather(context) {
    const sinceMs = context.nowMs - dayMs;
    // Teams with traffic, in turn by the hour, where there are more than are looked at.
    const teams = await context.query<{ id: string }>(
      `SELECT t.id FROM team t WHERE t.deleted_at IS NULL
        AND EXISTS (SELECT FROM event e WHERE e.team_id = t.id AND e.id >= $1)
        ORDER BY md5(t.id::text || date_trunc('hour', to_timestamp($2::double precision / 1000))::text) LIMIT ${teamsMost}`,
      [uuidSince(sinceMs), context.nowMs],
    );
    const facts = { teams: teams.length, events: 0, pairs: 0 };
    const missing: AccountedDeliveries['missing'][number][] = [];
    const surplus: AccountedDeliveries['surplus'][number][] = [];
    const most = Math.floor(eventsMost / Math.max(1, teams.length));
    for (const { id: team } of teams) {
      const endpoints = await context.query<MatchingEndpoint>(
        `SELECT ${matchingColumns} FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 200`,
        [team],
      );
      const matching = await matchAgain(context, { team, endpoints, sinceMs, most });
      facts.events += matching.events;
      facts.pairs += matching.pairs;
      missing.push(...matching.missing);
      surplus.push(...matching.surplus);
    }
    const [states] = await context.query<{ stateless: number; overdue: number }>(
      `SELECT (SELECT count(*)::integer FROM (SELECT FROM delivery WHERE team_id = ANY ($1::uuid[]) AND id >= $2
          AND exceptional > 3 LIMIT 100) d)
        + (SELECT count(*)::integer FROM (SELECT state FROM delivery WHERE team_id = ANY ($1::uuid[]) AND id >= $2
          LIMIT ${negativesMost}) d WHERE state < 0) AS stateless,
        (SELECT count(*)::integer FROM (SELECT FROM delivery_queue q JOIN endpoint e
          ON e.team_id = q.team_id AND e.id = q.endpoint_id AND e.deleted_at IS NULL AND e.status = 'active'
          WHERE q.claimed_by IS NULL AND NOT q.blocked AND q.due_at < to_timestamp($3::double precision / 1000)
          LIMIT 1000) l) AS overdue`,
      [teams.map(({ id }) => id), uuidSince(sinceMs), context.nowMs - lateMs],
    );
    return { ...facts, missing, surplus, stateless: 0, overdue: 0, ...states };
  },
  judge: judgeAccounted,
};
