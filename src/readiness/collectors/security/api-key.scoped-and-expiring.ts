import type { Collector } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { type ApiKeyFact, judgeApiKeys } from './api-key.scoped-and-expiring.rules.ts';

export const apiKeysScopedAndExpiring: Collector<ApiKeyFact[]> = {
  checkId: 'api-key.scoped-and-expiring',
  version: 1,
  gather(context, subject) {
    return context.query<ApiKeyFact>(
      `SELECT name, permissions, (extract(epoch FROM created_at) * 1000)::double precision AS "createdAtMs",
          (extract(epoch FROM expires_at) * 1000)::double precision AS "expiresAtMs"
        FROM api_key WHERE team_id = $1 AND revoked_at IS NULL
          AND (expires_at IS NULL OR expires_at > to_timestamp($2::double precision / 1000)) ORDER BY id`,
      [uuidsOf(subject).team, context.nowMs],
    );
  },
  judge: judgeApiKeys,
};
