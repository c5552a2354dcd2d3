import type { Terminal } from '../terminal/terminal.ts';
import { type CommonFlags, openTeam } from './open-team.ts';
import { renderRejection } from './render-source.rules.ts';
import type { RejectionAnswer } from './source-answers.ts';

export async function runRejections(
  source: string,
  flags: CommonFlags & { limit: number },
  terminal: Terminal,
): Promise<void> {
  const { api, path } = await openTeam(flags);
  const at = `${path}/sources/${encodeURIComponent(source)}/rejections?limit=${flags.limit}`;
  const { data } = await api.request<{ data: RejectionAnswer[] }>('GET', at);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('It rejected nothing that is still on record.');
  for (const line of data.flatMap((each) => renderRejection(each, terminal))) terminal.out(line);
}
