import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, listed, notApplicable, passed } from '../../finding.rules.ts';
import { declareCommand, undeclared } from '../declared.rules.ts';

export type MemberFact = {
  id: string;
  role: string;
  /** Since when the member has had this role. */
  sinceMs: number;
  /** Actions of the audit log within 90 days. */
  actions: readonly string[];
  /** A key of the member was used within 90 days. */
  usedKey: boolean;
};

export type RoleFacts = {
  members: readonly MemberFact[];
  /** The last review of roles, and who keeps a wide one for a reason; null: not declared. */
  review: { reviewedOn: string; reasons: readonly string[] } | null;
};

const ownersLeast = 2;
const ownersMost = 4;
const observedDays = 90;
const reviewDays = 92;
/** What takes an admin; every other action takes a developer. See rolesOfPermission in src/members. */
const adminActions = /^(api-key|member|signers|team|event\.revealed)/;
const readingActions = /^(audit\.|access\.)/;

/** Two to four owners, admins who administer and developers who build, and a review of roles within a quarter. */
export function judgeRoles({ members, review }: RoleFacts, nowMs: number): Finding {
  if (members.length === 0) return notApplicable('The team has no members.');
  const owners = members.filter(({ role }) => role === 'owner').length;
  const reasons = new Set(review?.reasons ?? []);
  const idle = members.filter(
    (member) => nowMs - member.sinceMs >= observedDays * dayMs && !reasons.has(member.id) && !usesRole(member),
  );
  const reviewedDaysAgo = review === null ? null : Math.floor((nowMs - Date.parse(review.reviewedOn)) / dayMs);
  const values = { members: members.length, owners, rolesNotUsed: idle.length, reviewedDaysAgo };
  const command = 'posthorn members change <member> --role developer';
  if (owners < ownersLeast || owners > ownersMost) {
    return failed(
      `There are ${counted(owners, 'owner')}: ${ownersLeast} to ${ownersMost} are wanted.`,
      values,
      command,
    );
  }
  if (idle.length > 0) {
    const names = idle.map(({ id, role }) => `${id} (${role})`);
    return failed(`Nothing was done in ${observedDays} days that takes the role of ${listed(names)}.`, values, command);
  }
  if (reviewedDaysAgo === null) return undeclared('roles', 'when roles were reviewed last', values);
  if (reviewedDaysAgo > reviewDays) {
    return failed(`Roles were reviewed last ${reviewedDaysAgo} days ago.`, values, declareCommand);
  }
  return passed(
    `${counted(members.length, 'member')}, ${owners} of them owners, reviewed ${reviewedDaysAgo} days ago.`,
    values,
  );
}

/** Owners are judged by their number, and those who read and sign by nothing. */
function usesRole({ role, actions, usedKey }: MemberFact): boolean {
  if (role === 'admin') return actions.some((action) => adminActions.test(action));
  if (role === 'developer') return usedKey || actions.some((action) => !readingActions.test(action));
  return true;
}
