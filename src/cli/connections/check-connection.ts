import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type CheckFlags = CommonFlags & { path?: string };
type CheckAnswer = { path: string; credentials: { name: string; works: boolean | null; says: string }[] };

/** One line for each credential. The exit code is 1 unless all of them were seen to work. */
export async function runCheck(connection: string, flags: CheckFlags, terminal: Terminal): Promise<0 | 1> {
  const { api, path } = await openTeam(flags);
  const query = flags.path === undefined ? '' : `?path=${encodeURIComponent(flags.path)}`;
  const at = `${path}/connections/${encodeURIComponent(connection)}/check${query}`;
  const checked = await api.request<CheckAnswer>('POST', at);
  const allWork = checked.credentials.every(({ works }) => works === true);
  if (flags.json === true) terminal.out(JSON.stringify(checked));
  else for (const each of checked.credentials) terminal.out(renderCredential(each, terminal));
  return allWork ? 0 : 1;
}

function renderCredential({ name, works, says }: CheckAnswer['credentials'][number], { paint }: Terminal): string {
  const verdict =
    works === true ? paint.green('works') : works === false ? paint.red('does not work') : paint.yellow('not seen');
  return `${safeText(name, 'one line')}  ${verdict}  ${safeText(says, 'one line')}`;
}
