import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderFields } from '../sources/render-source.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findMemberId } from './find-member.ts';
import type { MemberAnswer } from './member-answers.ts';

export type AddFlags = CommonFlags & { name: string; role: string };
export type ChangeFlags = CommonFlags & { name?: string; role?: string; email?: string };

export async function runAdd(email: string, flags: AddFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { name, role } = flags;
  sayMember(
    'added',
    await api.request<MemberAnswer>('POST', `${path}/members`, { name, email, role }),
    flags,
    terminal,
  );
}

/** Changes what the flags name. */
export async function runChange(member: string, flags: ChangeFlags, terminal: Terminal): Promise<void> {
  const { name, role, email } = flags;
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(role === undefined ? {} : { role }),
    ...(email === undefined ? {} : { email }),
  };
  if (Object.keys(change).length === 0) {
    throw new CliFailure('nothing to change is given', 'see: posthorn members change --help', 2);
  }
  const { api, path } = await openTeam(flags);
  const id = await findMemberId(api, path, member);
  const after = await api.request<MemberAnswer>('PATCH', `${path}/members/${encodeURIComponent(id)}`, change);
  sayMember('changed', after, flags, terminal);
}

export async function runRemove(member: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const id = await findMemberId(api, path, member);
  await api.request('DELETE', `${path}/members/${encodeURIComponent(id)}`);
  if (flags.json === true) return terminal.out(JSON.stringify({ removed: id }));
  terminal.out(`removed  ${safeText(id, 'one line')}, whose API keys are revoked`);
}

function sayMember(what: string, member: MemberAnswer, flags: CommonFlags, terminal: Terminal): void {
  if (flags.json === true) return terminal.out(JSON.stringify(member));
  const fields: [string, string][] = [
    [what, member.id],
    ['name', member.name],
    ['e-mail', member.email],
    ['role', member.role],
  ];
  const safe = fields.map(([label, value]) => [label, safeText(value, 'one line')] as const);
  for (const line of renderFields(safe, terminal)) terminal.out(line);
}
