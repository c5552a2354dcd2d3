import type { ConnectionAnswer } from '../connections/connection-answers.ts';
import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { renderRehearsal, type RehearsalAnswer } from './rehearse.rules.ts';

export type RehearseFlags = CommonFlags & { connection?: string };

/** Answers the exit code: 1 unless DocuSign's review of calls would be passed now. */
export async function runRehearse(flags: RehearseFlags, terminal: Terminal): Promise<number> {
  const { api, path } = await openTeam(flags);
  const connection = flags.connection ?? (await onlyConnection(api, path));
  const at = `${path}/connections/${encodeURIComponent(connection)}/rehearsal`;
  const answer = await api.request<RehearsalAnswer>('GET', at);
  if (flags.json === true) terminal.out(JSON.stringify(answer));
  else for (const line of renderRehearsal(answer, terminal)) terminal.out(line);
  return answer.cleanCallsNeeded === 0 ? 0 : 1;
}

async function onlyConnection(api: Awaited<ReturnType<typeof openTeam>>['api'], path: string): Promise<string> {
  const { data } = await api.request<{ data: ConnectionAnswer[] }>('GET', `${path}/connections?limit=500`);
  const found = data.filter(({ provider, environment }) => provider === 'docusign' && environment === 'sandbox');
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.id;
  const what = only === undefined ? 'there is no sandbox connection to DocuSign' : 'there are several of them';
  throw new CliFailure(what, 'name one with --connection; see: posthorn connections list', 2);
}
