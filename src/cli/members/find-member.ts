import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import type { MemberAnswer } from './member-answers.ts';

/** All members; a team has at most 500 that were not removed, so that one page holds those. */
export async function readMembers(api: ApiClient, path: string, status?: 'active'): Promise<MemberAnswer[]> {
  const members: MemberAnswer[] = [];
  let cursor = '';
  for (;;) {
    const page = await api.request<{ data: MemberAnswer[]; nextCursor: string | null }>(
      'GET',
      `${path}/members?limit=500${status === undefined ? '' : `&status=${status}`}${cursor}`,
    );
    members.push(...page.data);
    if (page.nextCursor === null) return members;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

/** The id of a member who is named by id or by e-mail. @throws CliFailure when nobody has the e-mail */
export async function findMemberId(api: ApiClient, path: string, named: string): Promise<string> {
  if (!named.includes('@')) return named;
  const wanted = named.normalize('NFC').toLowerCase();
  const members = await readMembers(api, path, 'active');
  const found = members.find(({ email }) => email.normalize('NFC').toLowerCase() === wanted);
  if (found !== undefined) return found.id;
  throw new CliFailure('no member has this e-mail', 'list them with posthorn members list', 2);
}
