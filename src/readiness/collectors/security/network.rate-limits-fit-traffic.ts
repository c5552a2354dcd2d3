import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { judgeLimits, type Limited, type LimitFacts } from './network.rate-limits-fit-traffic.rules.ts';

const eventsMost = 1_000_000;
const kinds = { key: 'api key', source: 'source', endpoint: 'endpoint' } as const;
const prefixes = { key: idPrefixes.apiKey, source: idPrefixes.source, endpoint: idPrefixes.endpoint } as const;

export const rateLimitsFitTraffic: Collector<LimitFacts> = {
  checkId: 'network.rate-limits-fit-traffic',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const { team } = uuidsOf(subject);
    const { traffic } = (await readDeclared(context, subject)).parts;
    const rows = await context.query<{ kind: keyof typeof kinds; id: string; name: string; rate: number | null }>(
      `SELECT 'key' AS kind, id, name, NULL::double precision AS rate FROM api_key
         WHERE team_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > to_timestamp($2::double precision / 1000))
       UNION ALL SELECT 'source', id, name, rate_per_second FROM source
         WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active'
       UNION ALL SELECT 'endpoint', id, coalesce(description, regexp_replace(url, '[?#].*', '')), rate_per_second FROM endpoint
         WHERE team_id = $1 AND deleted_at IS NULL AND status = 'active' ORDER BY 1, 2`,
      [team, context.nowMs],
    );
    const peaks = new Map((traffic?.of ?? []).map(({ id, perSecond }) => [id, perSecond]));
    // Each key has the limit of the gateway; where there is one alone of a kind, the peak of all is its own.
    const keyLimit = context.gateway().requestsPerSecond;
    const whole = {
      key: traffic?.eventsPerSecond,
      source: traffic?.inboundPerSecond,
      endpoint: traffic?.deliveriesPerSecond,
    };
    const limited = rows.map(({ kind, id: uuid, name, rate }): Limited => {
      const id = idFromUuid(prefixes[kind], uuid);
      const alone = rows.filter((each) => each.kind === kind).length === 1 ? whole[kind] : undefined;
      const perSecond = kind === 'key' ? keyLimit : rate;
      return { kind: kinds[kind], id, name, perSecond, peakPerSecond: peaks.get(id) ?? alone ?? null };
    });
    const sinceMs = context.nowMs - 7 * dayMs;
    const [refused] = await context.query<{ rateLimited: number }>(
      `SELECT coalesce(sum(count), 0)::integer AS "rateLimited" FROM source_rejection WHERE team_id = $1
        AND reason = 'rate_limited' AND minute >= to_timestamp($2::double precision / 1000)`,
      [team, sinceMs],
    );
    const rateLimited = refused?.rateLimited ?? 0;
    // Only as many are counted as it takes to tell whether one in a thousand was refused.
    const [counts] = await context.query<{ accepted: number }>(
      `SELECT coalesce(sum(e.count), 0)::integer AS accepted FROM source s CROSS JOIN LATERAL (
          SELECT count(*) FROM (SELECT FROM event WHERE team_id = $1 AND source_id = s.id AND id >= $2 LIMIT $3) few) e
        WHERE s.team_id = $1 AND s.deleted_at IS NULL`,
      [team, uuidSince(sinceMs), Math.min(rateLimited * 1_001 + 1, eventsMost)],
    );
    return { limited, accepted: counts?.accepted ?? 0, rateLimited };
  },
  judge: judgeLimits,
};
