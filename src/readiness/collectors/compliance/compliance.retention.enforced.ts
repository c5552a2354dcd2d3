import { idFromUuid, idPrefixes, timeOfId } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { judgeRetention, type KeptData } from './compliance.retention.enforced.rules.ts';

/** Each by the key that begins with the team, so that the oldest is one look-up in each partition. */
const kinds = [
  ['events', 'SELECT id FROM event WHERE team_id = $1 ORDER BY id LIMIT 1'],
  ['deliveries', 'SELECT id FROM delivery WHERE team_id = $1 ORDER BY id LIMIT 1'],
  ['attempts', 'SELECT delivery_id AS id FROM attempt WHERE team_id = $1 ORDER BY delivery_id LIMIT 1'],
  ['calls', 'SELECT id FROM call WHERE team_id = $1 ORDER BY id LIMIT 1'],
  ['bodies of calls', 'SELECT call_id AS id FROM call_body WHERE team_id = $1 ORDER BY call_id LIMIT 1'],
] as const;

export const retentionEnforced: Collector<KeptData> = {
  checkId: 'compliance.retention.enforced',
  version: 1,
  async gather(context, subject) {
    const { team } = uuidsOf(subject);
    const [row] = await context.query<{ days: number }>('SELECT retention_days AS days FROM team WHERE id = $1', [
      team,
    ]);
    const oldest: KeptData['oldest'][number][] = [];
    for (const [kind, text] of kinds) {
      const [found] = await context.query<{ id: string }>(text, [team]);
      oldest.push({ kind, atMs: found === undefined ? null : timeOfId(idFromUuid(idPrefixes.event, found.id)) });
    }
    return { retentionDays: row?.days ?? 0, oldest };
  },
  judge: judgeRetention,
};
