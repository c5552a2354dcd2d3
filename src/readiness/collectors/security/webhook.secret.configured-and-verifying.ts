import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf, uuidSince } from '../../subject-uuids.ts';
import { judgeVerification, type SourceVerification } from './webhook.secret.configured-and-verifying.rules.ts';

const eventsMost = 20_000;

export const webhookSecretConfiguredAndVerifying: Collector<SourceVerification> = {
  checkId: 'webhook.secret.configured-and-verifying',
  version: 2,
  async gather(context, subject) {
    const { team, own } = uuidsOf(subject);
    const credentials = await context.query<SourceVerification['credentials'][number]>(
      `SELECT name, kind, coalesce(expires_at <= to_timestamp($3::double precision / 1000), false) AS "isExpired"
        FROM source_credential WHERE team_id = $1 AND source_id = $2 ORDER BY id`,
      [team, own, context.nowMs],
    );
    // A credential keeps its name when its value is replaced: only what came since counts.
    const verifiedBy = await context.query<SourceVerification['verifiedBy'][number]>(
      `SELECT CASE WHEN e.coverage IS NOT NULL THEN e.credential END AS credential, count(*)::integer AS events
        FROM (SELECT id, credential, coverage FROM event WHERE team_id = $1 AND source_id = $2 AND id >= $3
          ORDER BY id DESC LIMIT ${eventsMost}) e
        LEFT JOIN source_credential k ON k.team_id = $1 AND k.source_id = $2 AND k.name = e.credential
        WHERE k.created_at IS NULL OR uuid_time(e.id) >= k.created_at - interval '5 seconds' GROUP BY 1`,
      [team, own, uuidSince(context.nowMs - 7 * dayMs)],
    );
    // By the minute: what was refused in the minute of the change may have been signed for the former credentials.
    const [refused] = await context.query<{ requests: number }>(
      `SELECT coalesce(sum(count), 0)::double precision AS requests FROM source_rejection
        WHERE team_id = $1 AND source_id = $2 AND reason = 'signature_mismatch' AND minute >= greatest(
          to_timestamp($3::double precision / 1000),
          (SELECT date_trunc('minute', max(created_at)) FROM source_credential WHERE team_id = $1 AND source_id = $2))`,
      [team, own, context.nowMs - 7 * dayMs],
    );
    return { credentials, verifiedBy, refused: refused?.requests ?? 0 };
  },
  judge: judgeVerification,
};
