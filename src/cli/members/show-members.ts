import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readMembers } from './find-member.ts';
import type { MemberAnswer } from './member-answers.ts';

export type ListFlags = CommonFlags & { all?: true };

/** Active members, or those that were removed as well. */
export async function runList(flags: ListFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const members = await readMembers(api, path, flags.all === true ? undefined : 'active');
  if (flags.json === true) return terminal.out(JSON.stringify(members));
  if (members.length === 0) return terminal.err('There is no member yet; add one with posthorn members add.');
  const headings = ['MEMBER', 'ROLE', 'STATUS', 'E-MAIL', 'NAME'];
  for (const line of renderTable(headings, members.map(cellsOf), terminal)) terminal.out(line);
}

function cellsOf({ id, role, status, email, name }: MemberAnswer): string[] {
  return [id, role, status, email, name].map((cell) => safeText(cell, 'one line'));
}
