import { readDocument } from '../read-document.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

export type ShowFlags = CommonFlags & { asOf?: string };
export type SetFlags = CommonFlags & { file: string; confirm?: readonly string[] };

type Answer = {
  version: number;
  parts: Record<string, unknown>;
  confirmed: Record<string, { by: string; at: string }>;
};

/** Prints what `set` takes; who confirmed each part goes beside it. */
export async function runShow(flags: ShowFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const version = flags.asOf === undefined ? '' : `/versions/${encodeURIComponent(flags.asOf)}`;
  const answer = await api.request<Answer>('GET', `${path}/declarations${version}`);
  if (flags.json === true) return terminal.out(JSON.stringify(answer));
  for (const [part, { by, at }] of Object.entries(answer.confirmed)) {
    terminal.err(
      `${safeText(part, 'one line')}: confirmed by ${safeText(by, 'one line')} at ${safeText(at, 'one line')}`,
    );
  }
  const document = JSON.stringify({ version: answer.version, parts: answer.parts }, null, 2);
  for (const line of document.split('\n')) terminal.out(safeText(line, 'one line'));
}

/** Declares what a file says, if nobody declared anything since the version that is in it. */
export async function runSet({ file, confirm, ...flags }: SetFlags, terminal: Terminal): Promise<void> {
  const remedy = 'begin with what posthorn declarations show prints';
  const body = await readDocument(file, { holds: 'declarations', remedy });
  const { api, path } = await openTeam(flags);
  const answer = await api.request<Answer>('PUT', `${path}/declarations`, {
    ...body,
    ...(confirm === undefined ? {} : { confirm }),
  });
  if (flags.json === true) return terminal.out(JSON.stringify(answer));
  const names = Object.keys(answer.parts);
  terminal.out(`declared  version ${answer.version}: ${names.length === 0 ? 'nothing' : names.join(', ')}`);
}
