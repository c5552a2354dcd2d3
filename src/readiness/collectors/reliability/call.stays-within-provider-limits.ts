import type { Collector, Subject } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import type { GatheringContext } from '../../instruments.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeLimits, type LimitedCalls } from './call.stays-within-provider-limits.rules.ts';

const callsMost = 20_000;
type HeaderRow = { method: string; path: string; headers: Record<string, string> };

export const callsWithinProviderLimits: Collector<LimitedCalls> = {
  checkId: 'call.stays-within-provider-limits',
  version: 1,
  async gather(context: GatheringContext, subject: Subject) {
    const connection = context.connections.find(subject.id);
    if (connection === null) throw new Error(`${subject.id} cannot be read`);
    const { profile, environment, policy } = connection;
    const { own } = uuidsOf(subject);
    const since = uuidSince(context.nowMs - 7 * dayMs);
    const [counts] = await context.query<{ calls: number; refused: number }>(
      `SELECT count(*)::integer AS calls, count(*) FILTER (WHERE tried)::integer AS refused FROM (
         SELECT status = 429 OR coalesce(tries::text ~ '\\[429,', false) AS tried FROM call
           WHERE connection_id = $1 AND id >= $2 AND tries_count > 0 ORDER BY id DESC LIMIT ${callsMost}) c`,
      [own, since],
    );
    const rows = await context.query<HeaderRow>(
      `SELECT method, path, rate_headers AS headers FROM (SELECT id, method, path, rate_headers FROM call
          WHERE connection_id = $1 AND id >= $2 ORDER BY id DESC LIMIT ${callsMost}) c
        WHERE rate_headers IS NOT NULL AND rate_headers::text <> '{}' ORDER BY id DESC LIMIT 2000`,
      [own, since],
    );
    const readings = rows.flatMap(({ method, path, headers }) => {
      const query = new URLSearchParams(path.includes('?') ? path.slice(path.indexOf('?') + 1) : '');
      const request = { method, path: path.replace(/\?.*$/s, ''), query };
      return profile.readBudgets(new Map(Object.entries(headers)), context.nowMs, request);
    });
    const left = readings.flatMap(({ limit, remaining }) =>
      limit === null || remaining === null || limit === 0 ? [] : [Math.floor((remaining / limit) * 100)],
    );
    const tiers = new Map(profile.budgets(environment).map(({ name, limit }) => [name, limit]));
    for (const { budget, limit } of readings) if (limit !== null) tiers.set(budget, limit);
    const set = new Map(policy.budget.limits.map(({ name, limit }) => [name, limit]));
    return {
      limits: [...tiers].map(([name, tier]) => ({ name, tier, own: set.get(name) ?? null })),
      calls7Days: counts?.calls ?? 0,
      refused429: counts?.refused ?? 0,
      leastLeftPercent: left.length === 0 ? null : Math.min(...left),
    };
  },
  judge: judgeLimits,
};
