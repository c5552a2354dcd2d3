import { idFromUuid, idPrefixes } from '../../../ids/id.rules.ts';
import type { Collector } from '../../finding.ts';
import { dayMs } from '../../finding.rules.ts';
import { uuidsOf } from '../../subject-uuids.ts';
import { readDeclared } from '../declared.ts';
import { judgeRoles, type MemberFact, type RoleFacts } from './access.roles-assigned-narrowly.rules.ts';

const observedDays = 90;
const membersMost = 1_000;
const entriesMost = 100_000;

export const rolesAssignedNarrowly: Collector<RoleFacts> = {
  checkId: 'access.roles-assigned-narrowly',
  version: 1,
  comparesDeclarations: true,
  async gather(context, subject) {
    const { team } = uuidsOf(subject);
    const sinceMs = context.nowMs - observedDays * dayMs;
    const members = await context.query<Omit<MemberFact, 'actions' | 'sinceMs'> & { createdAtMs: number }>(
      `SELECT m.id, m.role, (extract(epoch FROM m.created_at) * 1000)::double precision AS "createdAtMs",
          EXISTS (SELECT FROM api_key k JOIN api_key_use u ON u.team_id = k.team_id AND u.api_key_id = k.id
            WHERE k.team_id = m.team_id AND k.member_id = m.id
              AND u.last_used_at >= to_timestamp($2::double precision / 1000)) AS "usedKey"
        FROM member m WHERE m.team_id = $1 AND m.removed_at IS NULL ORDER BY m.id LIMIT ${membersMost}`,
      [team, sinceMs],
    );
    const entries = await context.query<{ member: string; action: string }>(
      `SELECT DISTINCT member_id AS member, action FROM (SELECT member_id, action, at FROM audit_entry
        WHERE team_id = $1 ORDER BY sequence DESC LIMIT ${entriesMost}) e
        WHERE member_id IS NOT NULL AND at >= to_timestamp($2::double precision / 1000)`,
      [team, sinceMs],
    );
    const changes = await context.query<{ member: string; atMs: number }>(
      `SELECT target_id AS member, max(extract(epoch FROM at) * 1000)::double precision AS "atMs" FROM audit_entry
        WHERE team_id = $1 AND action = 'member.changed' AND (content::json -> 'after' -> 'role') IS NOT NULL GROUP BY target_id`,
      [team],
    );
    const changedMs = new Map(changes.map(({ member, atMs }) => [member, atMs]));
    const actions = Map.groupBy(entries, ({ member }) => member);
    const { roles } = (await readDeclared(context, subject)).parts;
    return {
      members: members.map(({ id: uuid, role, createdAtMs, usedKey }) => {
        const id = idFromUuid(idPrefixes.member, uuid);
        const done = (actions.get(id) ?? []).map(({ action }) => action);
        return { id, role, usedKey, sinceMs: Math.max(createdAtMs, changedMs.get(id) ?? 0), actions: done };
      }),
      review:
        roles === undefined
          ? null
          : { reviewedOn: roles.reviewedOn, reasons: roles.reasons.map(({ member }) => member) },
    };
  },
  judge: judgeRoles,
};
