import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { readDocument } from '../read-document.ts';
import { type CommonFlags, openTeam } from '../sources/open-team.ts';
import { renderTable } from '../sources/render-source.rules.ts';
import { cutLine } from '../terminal/layout.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Checks and checklists of a team: the same verbs, other columns. */
export type Kind = 'checks' | 'checklists';
export type PutFlags = CommonFlags & { file: string };

type Definition = {
  id: string;
  title: string;
  version: number;
  createdAt: string;
  updatedAt: string;
  severity?: string;
  measure?: { kind: string };
  items?: unknown[];
  signoffs?: string[];
};

const nouns: Readonly<Record<Kind, string>> = { checks: 'check', checklists: 'checklist' };

/** What the team wrote. */
export async function runList(kind: Kind, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const data = await list(api, path, kind);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) {
    return terminal.err(`There is no ${nouns[kind]} of your own; write one with posthorn review ${kind} put.`);
  }
  const headings = kind === 'checks' ? ['CHECK', 'SEVERITY', 'DECIDED BY'] : ['CHECKLIST', 'ITEMS', 'SIGNED BY'];
  const rows = data.map((each) => [
    each.id,
    ...(kind === 'checks'
      ? [each.severity ?? '', each.measure?.kind ?? '']
      : [String(each.items?.length ?? 0), each.signoffs?.join(', ') || 'nobody']),
    String(each.version),
    cutLine(each.title, 40),
  ]);
  const safe = rows.map((row) => row.map((cell) => safeText(cell, 'one line')));
  for (const line of renderTable([...headings, 'VERSION', 'TITLE'], safe, terminal)) terminal.out(line);
}

/** Prints one as the file that put takes. */
export async function runShow(kind: Kind, id: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  const found = await api.request<Definition>('GET', `${path}/${kind}/${encodeURIComponent(id)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of JSON.stringify(bodyOf(found), null, 2).split('\n')) terminal.out(safeText(line, 'one line'));
}

/**
 * Writes what a file says: as something new, or in place of what has the id. A file that names the version that it was made
 * from replaces that one alone; what is the same already stays, so that no evidence is made stale.
 */
export async function runPut(kind: Kind, { file, ...flags }: PutFlags, terminal: Terminal): Promise<void> {
  const noun = nouns[kind];
  const remedy = `see docs/reviews.md, or begin with what posthorn review ${kind} show prints`;
  const document = bodyOf(await readDocument(file, { holds: noun, remedy }));
  const { id } = document;
  if (typeof id !== 'string') throw new CliFailure(`${file} holds no ${noun}: it has no id`, remedy);
  const { api, path } = await openTeam(flags);
  const before = (await list(api, path, kind)).find((each) => each.id === id);
  const [after, did] = await put(api, `${path}/${kind}`, document, before);
  if (flags.json === true) return terminal.out(JSON.stringify(after));
  terminal.out(safeText(`${did}  ${after.id}, version ${after.version}`, 'one line'));
}

/** Deletes one that nothing needs. */
export async function runRemove(kind: Kind, id: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openTeam(flags);
  await api.request('DELETE', `${path}/${kind}/${encodeURIComponent(id)}`);
  terminal.out(flags.json === true ? JSON.stringify({ removed: id }) : safeText(`removed  ${id}`, 'one line'));
}

async function put(
  api: ApiClient,
  at: string,
  document: Record<string, unknown>,
  before: Definition | undefined,
): Promise<[Definition, 'created' | 'replaced' | 'unchanged']> {
  const { id, version, ...body } = document;
  if (before === undefined) return [await api.request<Definition>('POST', at, { id, ...body }), 'created'];
  const { version: standing, id: named, ...stands } = bodyOf(before);
  if ((version ?? standing) === standing && sortedJson(body) === sortedJson(stands)) return [before, 'unchanged'];
  const change = { ...body, version: version ?? standing };
  return [await api.request<Definition>('PUT', `${at}/${encodeURIComponent(String(named))}`, change), 'replaced'];
}

async function list(api: ApiClient, path: string, kind: Kind): Promise<Definition[]> {
  return (await api.request<{ data: Definition[] }>('GET', `${path}/${kind}`)).data;
}

/** Without what only Posthorn says, so that what was shown can be put again. */
function bodyOf(document: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([name]) => name !== 'createdAt' && name !== 'updatedAt'));
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each === null || typeof each !== 'object' || Array.isArray(each)
      ? each
      : Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1))),
  );
}
