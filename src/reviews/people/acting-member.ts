import type pg from 'pg';
import type { Actor } from '../../context.ts';
import type { Member } from '../../members/member.ts';
import { requireActiveMember } from '../../members/require-member.ts';
import { Problem } from '../../problem.ts';

/**
 * The id of the member who asks. What people say in reviews is said by a person: neither by the operator nor by a
 * machine's key.
 * @throws Problem forbidden
 */
export function memberIdOf(actor: Actor): string {
  if (actor.kind === 'api-key' && actor.memberId !== null) return actor.memberId;
  const whose = actor.kind === 'operator' ? 'the operator key' : 'a machine’s API key';
  throw new Problem(
    'forbidden',
    `This is said by members alone, and ${whose} is nobody’s: use an API key of your own, which names you as its member.`,
  );
}

/** The member who asks, who may have been removed a moment ago. @throws Problem forbidden, not_found */
export function actingMember(client: pg.PoolClient, teamId: string, actor: Actor): Promise<Member> {
  return requireActiveMember(client, teamId, memberIdOf(actor));
}

/** Whether a member looks after the team as a whole, and so may end what others said. */
export function isManager({ role }: Member): boolean {
  return role === 'owner' || role === 'admin';
}
