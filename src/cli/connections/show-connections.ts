import { CliFailure } from '../failure.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ApiProviderAnswer, ConnectionAnswer } from './connection-answers.ts';
import { connectionCells, connectionHeadings, renderApiProvider, renderConnection } from './render-connection.rules.ts';

/** A team has at most 200, so that one page holds them all. */
export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: ConnectionAnswer[] }>('GET', `${path}/connections?limit=500`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no connection yet; make one with posthorn connections create.');
  for (const line of renderTable(connectionHeadings, data.map(connectionCells), terminal)) terminal.out(line);
}

export async function runShow(connection: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const found = await api.request<ConnectionAnswer>('GET', `${path}/connections/${encodeURIComponent(connection)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderConnection(found, terminal)) terminal.out(line);
}

/** All of them in short, or one with what it takes. */
export async function runProviders(name: string | null, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: ApiProviderAnswer[] }>('GET', `${path}/api-providers`);
  if (name === null) {
    if (flags.json === true) return terminal.out(JSON.stringify(data));
    const rows = data.map((each) => [each.name, each.credentialKinds.map((kind) => kind.name).join(', '), each.title]);
    for (const line of renderTable(['PROVIDER', 'CREDENTIALS', 'TITLE'], rows, terminal)) terminal.out(line);
    return;
  }
  const found = data.find((each) => each.name === name);
  if (found === undefined) {
    throw new CliFailure(`there is no provider ${name}`, `there are: ${data.map((each) => each.name).join(', ')}`);
  }
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderApiProvider(found, terminal)) terminal.out(line);
}
