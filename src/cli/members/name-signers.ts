import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findMemberId, readMembers } from './find-member.ts';
import type { SignersAnswer } from './member-answers.ts';

export type SignersFlags = CommonFlags & { none?: true };

/** Shows who signs, or, with a duty and members, names them in place of whoever did. */
export async function runSigners(
  duty: string | undefined,
  members: readonly string[],
  flags: SignersFlags,
  terminal: Terminal,
): Promise<void> {
  if (duty !== undefined && members.length > 0 === (flags.none === true)) {
    throw new CliFailure('it is not clear who signs', 'name members by id or e-mail, or give --none', 2);
  }
  const { api, path } = await openTeam(flags);
  if (duty !== undefined) {
    const ids: string[] = [];
    for (const member of members) ids.push(await findMemberId(api, path, member));
    await api.request('PUT', `${path}/signers/${encodeURIComponent(duty)}`, { members: ids });
  }
  const { data } = await api.request<{ data: SignersAnswer[] }>('GET', `${path}/signers`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  const people = new Map((await readMembers(api, path, 'active')).map(({ id, name }) => [id, name]));
  const rows = data.map((each) => [
    each.duty,
    each.members.map((id) => safeText(people.get(id) ?? id, 'one line')).join(', ') || 'nobody',
  ]);
  for (const line of renderTable(['DUTY', 'SIGNED BY'], rows, terminal)) terminal.out(line);
}
