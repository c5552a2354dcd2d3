import type { Terminal } from '../terminal/terminal.ts';
import { openAudit, type ScopeFlags } from './open-audit.ts';
import { type EntryAnswer, renderEntry } from './render-audit.rules.ts';

export type ListFlags = ScopeFlags & {
  limit: number;
  actor?: string;
  action?: string;
  target?: string;
  since?: string;
  until?: string;
};

export async function runList(flags: ListFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openAudit(flags);
  const query = new URLSearchParams();
  for (const name of ['limit', 'actor', 'action', 'target', 'since', 'until'] as const) {
    if (flags[name] !== undefined) query.set(name, String(flags[name]));
  }
  const { data } = await api.request<{ data: EntryAnswer[] }>('GET', `${path}?${query.toString()}`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no such entry.');
  for (const line of data.flatMap((entry) => renderEntry(entry, terminal, flags.all === true))) terminal.out(line);
}
