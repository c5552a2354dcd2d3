import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type ProbeFlags = CommonFlags & { run?: boolean };
type ProbeAnswer = { name: string; state: string; replacedAt: string; says: string };

/** One line for each removed credential. The exit code is 1 while the provider is not known to refuse every one. */
export async function runProbes(connection: string, flags: ProbeFlags, terminal: Terminal): Promise<0 | 1> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/connections/${encodeURIComponent(connection)}/closing-probes`;
  const { data } = await api.request<{ data: ProbeAnswer[] }>(flags.run === true ? 'POST' : 'GET', at);
  if (flags.json === true) terminal.out(JSON.stringify({ data }));
  else if (data.length === 0) terminal.out('No credential of it was removed.');
  else for (const probe of data) terminal.out(renderProbe(probe, terminal));
  return data.every(({ state }) => state === 'refused' || state === 'in-use') ? 0 : 1;
}

function renderProbe({ name, state, replacedAt, says }: ProbeAnswer, { paint }: Terminal): string {
  const isDone = state === 'refused' || state === 'in-use';
  const shown = isDone ? paint.green(state) : state === 'accepted' ? paint.red(state) : paint.yellow(state);
  return `${safeText(name, 'one line')}  ${replacedAt.slice(0, 10)}  ${shown}  ${safeText(says, 'one line')}`;
}
