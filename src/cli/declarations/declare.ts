import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { CliFailure } from '../failure.ts';
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
  const body = readDocument(file, await readText(file));
  const { api, path } = await openTeam(flags);
  const answer = await api.request<Answer>('PUT', `${path}/declarations`, {
    ...body,
    ...(confirm === undefined ? {} : { confirm }),
  });
  if (flags.json === true) return terminal.out(JSON.stringify(answer));
  const names = Object.keys(answer.parts);
  terminal.out(`declared  version ${answer.version}: ${names.length === 0 ? 'nothing' : names.join(', ')}`);
}

async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliFailure(`${file} cannot be read (${code})`, 'name a file with --file, or - to read here');
  }
}

function readDocument(file: string, source: string): object {
  const remedy = 'begin with what posthorn declarations show prints';
  let document: unknown;
  try {
    document = parse(source);
  } catch {
    throw new CliFailure(`${file} is neither YAML nor JSON`, remedy);
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw new CliFailure(`${file} holds no declarations`, remedy);
  }
  return document;
}
