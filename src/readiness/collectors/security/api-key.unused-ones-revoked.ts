import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { judgeKeyUse, type KeyUseFact } from './api-key.unused-ones-revoked.rules.ts';

export const unusedKeysRevoked: Collector<KeyUseFact[]> = {
  checkId: 'api-key.unused-ones-revoked',
  version: 1,
  async gather(context, subject) {
    const rows = await context.query<KeyUseFact>(
      `SELECT k.id, (extract(epoch FROM k.created_at) * 1000)::double precision AS "createdAtMs",
          (extract(epoch FROM u.last_used_at) * 1000)::double precision AS "lastUsedAtMs",
          coalesce(m.removed_at IS NOT NULL, false) AS "ownerLeft"
        FROM api_key k
          LEFT JOIN api_key_use u ON u.team_id = k.team_id AND u.api_key_id = k.id
          LEFT JOIN member m ON m.team_id = k.team_id AND m.id = k.member_id
        WHERE k.team_id = $1 AND k.revoked_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > to_timestamp($2::double precision / 1000)) ORDER BY k.id`,
      [uuidsOf(subject).team, context.nowMs],
    );
    return rows.map((row) => ({ ...row, id: idFromUuid(idPrefixes.apiKey, row.id) }));
  },
  judge: judgeKeyUse,
};
