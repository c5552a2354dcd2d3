import type pg from 'pg';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { findMember } from './member.store.ts';
import type { Member } from './member.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** Removed members are found too. @throws Problem not_found */
export async function requireMember(database: Queryable, teamId: string, memberId: string): Promise<Member> {
  const found = isId(idPrefixes.member, memberId) ? await findMember(database, teamId, memberId) : null;
  if (found === null) throw new Problem('not_found', `There is no member ${memberId}.`);
  return found;
}

/** @throws Problem not_found, also when the member was removed. */
export async function requireActiveMember(database: Queryable, teamId: string, memberId: string): Promise<Member> {
  const found = await requireMember(database, teamId, memberId);
  if (found.status === 'removed') throw new Problem('not_found', `The member ${memberId} was removed.`);
  return found;
}
