import type { Terminal } from '../terminal/terminal.ts';
import { type CommonFlags, openTeam } from './open-team.ts';
import { renderSource, renderSources } from './render-source.rules.ts';
import type { SourceAnswer } from './source-answers.ts';

/** A team has at most 200, so that one page holds them all. */
export async function runList(flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const { data } = await api.request<{ data: SourceAnswer[] }>('GET', `${path}/sources?limit=500`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no source yet; make one with posthorn sources create.');
  for (const line of renderSources(data, terminal)) terminal.out(line);
}

export async function runShow(source: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const found = await api.request<SourceAnswer>('GET', `${path}/sources/${encodeURIComponent(source)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderSource(found, terminal)) terminal.out(line);
}
