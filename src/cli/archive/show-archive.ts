import type { Terminal } from '../terminal/terminal.ts';
import type { DocumentAnswer, JobAnswer } from './archive-answers.ts';
import { type CommonFlags, openArchive } from './open-archive.ts';
import {
  documentCells,
  documentHeadings,
  jobCells,
  jobHeadings,
  renderDocument,
  renderRows,
} from './render-archive.rules.ts';

export type ListFlags = CommonFlags & {
  limit: number;
  connection?: string;
  subject?: string;
  kind?: string;
  state?: string;
  since?: string;
  until?: string;
};

export async function runList(flags: ListFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openArchive(flags);
  const query = queryOf(flags, ['limit', 'connection', 'subject', 'kind', 'state', 'since', 'until']);
  const { data } = await api.request<{ data: DocumentAnswer[] }>('GET', `${path}?${query}`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no such document in the archive; see posthorn archive jobs.');
  const rows = data.map((each) => documentCells(each, terminal.paint));
  for (const line of renderRows(documentHeadings, rows, terminal)) terminal.out(line);
}

export async function runShow(document: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openArchive(flags);
  const found = await api.request<DocumentAnswer>('GET', `${path}/${encodeURIComponent(document)}`);
  if (flags.json === true) return terminal.out(JSON.stringify(found));
  for (const line of renderDocument(found, terminal)) terminal.out(line);
}

export async function runJobs(flags: ListFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openArchive(flags);
  const query = queryOf(flags, ['limit', 'connection', 'subject', 'state']);
  const { data } = await api.request<{ data: JobAnswer[] }>('GET', `${path}/jobs?${query}`);
  if (flags.json === true) return terminal.out(JSON.stringify(data));
  if (data.length === 0) return terminal.err('There is no such job.');
  const rows = data.map((each) => jobCells(each, terminal.paint));
  for (const line of renderRows(jobHeadings, rows, terminal)) terminal.out(line);
}

function queryOf(flags: ListFlags, names: readonly (keyof ListFlags)[]): string {
  const query = new URLSearchParams();
  for (const name of names) if (flags[name] !== undefined) query.set(name, String(flags[name]));
  return query.toString();
}
