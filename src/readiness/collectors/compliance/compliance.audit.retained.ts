import type { Collector } from '../../finding.ts';
import { type AuditKeeping, judgeAuditKeeping } from './compliance.audit.retained.rules.ts';

/** Triggers of migration 0013: ENABLE ALWAYS, so that no session can turn them off for itself. */
const guards = [
  'audit_entry_is_final',
  'audit_entry_is_kept',
  'audit_checkpoint_is_final',
  'audit_checkpoint_is_kept',
  'audit_head_goes_forward',
  'audit_head_stays',
  'audit_head_is_kept',
];
/** Of each chain the first entries are counted, and the last. */
const countedMost = 1_000;
const chainsMost = 2_000;

export const auditRetained: Collector<AuditKeeping> = {
  checkId: 'compliance.audit.retained',
  version: 1,
  async gather(context) {
    const [sums] = await context.query<{ chains: number; entries: number; chainsWithGaps: number }>(
      `WITH head AS MATERIALIZED (SELECT team_id, sequence FROM audit_head WHERE sequence > 0 ORDER BY random() LIMIT ${chainsMost})
       SELECT (SELECT count(*)::integer FROM audit_head WHERE sequence > 0) AS chains,
         (SELECT coalesce(sum(sequence), 0)::double precision FROM audit_head) AS entries,
         count(*) FILTER (WHERE low.found < least(h.sequence, ${countedMost})
           OR high.found < least(h.sequence, ${countedMost}))::integer AS "chainsWithGaps"
       FROM head h
         CROSS JOIN LATERAL (SELECT count(*) AS found FROM audit_entry a
           WHERE a.team_id = h.team_id AND a.sequence <= ${countedMost}) low
         CROSS JOIN LATERAL (SELECT count(*) AS found FROM audit_entry a
           WHERE a.team_id = h.team_id AND a.sequence > h.sequence - ${countedMost} AND a.sequence <= h.sequence) high`,
    );
    const inForce = await context.query<{ name: string }>(
      `SELECT tgname AS name FROM pg_trigger WHERE tgname = ANY ($1) AND tgenabled = 'A'`,
      [guards],
    );
    const [signed] = await context.query<{ newestCheckpointMs: number | null; oldestUnsignedMs: number | null }>(
      `SELECT (extract(epoch FROM c.at) * 1000)::double precision AS "newestCheckpointMs",
          (SELECT (extract(epoch FROM a.at) * 1000)::double precision FROM audit_entry a
            WHERE a.id >= coalesce(uuid_floor(c.at), '00000000-0000-0000-0000-000000000000') ORDER BY a.id LIMIT 1) AS "oldestUnsignedMs"
        FROM (SELECT max(at) AS at FROM audit_checkpoint) c`,
    );
    const names = new Set(inForce.map(({ name }) => name));
    return {
      chains: 0,
      entries: 0,
      chainsWithGaps: 0,
      ...sums,
      guardsOff: guards.filter((name) => !names.has(name)),
      newestCheckpointMs: signed?.newestCheckpointMs ?? null,
      oldestUnsignedMs: signed?.oldestUnsignedMs ?? null,
    };
  },
  judge: judgeAuditKeeping,
};
