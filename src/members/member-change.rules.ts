import type { Actor, Role } from '../context.ts';
import { Problem } from '../problem.ts';
import { lacksOfRole, raises } from './role-permissions.rules.ts';

/** A change to who is in a team. `member` is null for a new one, `role` for one that is removed. */
export type MemberChange = {
  member: { id: string; role: Role } | null;
  role: Role | null;
  /** How many owners the team has besides. */
  otherOwners: number;
};

/**
 * Refuses what would give somebody more than its giver has: owners are made, changed and removed by owners and the
 * operator, nobody raises their own role, and a role is given or taken only with a key that holds all that it grants.
 * A team that has owners keeps one, whoever asks.
 * @throws Problem forbidden, last_owner
 */
export function requireMayChange(actor: Actor, { member, role, otherOwners }: MemberChange): void {
  const before = member?.role ?? null;
  if (actor.kind === 'api-key') {
    const isOwn = member !== null && actor.memberId === member.id;
    if ((before === 'owner' || role === 'owner') && actor.role !== 'owner') {
      throw new Problem('forbidden', 'Owners are made, changed and removed by owners and the operator alone.');
    }
    if (isOwn && before !== null && role !== null && raises(before, role)) {
      throw new Problem('forbidden', 'Nobody raises their own role: ask another owner or admin.');
    }
    if (!isOwn) for (const each of [before, role]) requireHoldsRole(actor, each);
  }
  if (before === 'owner' && role !== 'owner' && otherOwners === 0) {
    throw new Problem('last_owner', 'This is the last owner of the team: make another member an owner first.');
  }
}

/** @throws Problem forbidden when the key does not hold all that the role grants. */
function requireHoldsRole(actor: Actor, role: Role | null): void {
  if (actor.kind === 'operator' || role === null) return;
  const lacking = lacksOfRole(actor.permissions, role);
  if (lacking === null) return;
  throw new Problem('forbidden', `The role ${role} grants "${lacking}", which this API key does not hold.`);
}

/**
 * Refuses a key for a member to whom may not speak for that person: it is made by the operator, by the member, or by a
 * member with a key that holds all of that member's role. A key without a member is a machine's and makes none.
 * @throws Problem forbidden
 */
export function requireMayMakeKeyFor(actor: Actor, member: { id: string; role: Role }): void {
  if (actor.kind === 'operator' || actor.memberId === member.id) return;
  if (actor.memberId === null) {
    throw new Problem('forbidden', 'API keys of members are made by members and the operator, not by a machine.');
  }
  if (member.role === 'owner' && actor.role !== 'owner') {
    throw new Problem('forbidden', 'API keys of owners are made by owners and the operator alone.');
  }
  requireHoldsRole(actor, member.role);
}
