import type { Terminal } from '../terminal/terminal.ts';
import type { JobAnswer } from './archive-answers.ts';
import { type CommonFlags, openArchive } from './open-archive.ts';
import { jobCells, jobHeadings, renderRows } from './render-archive.rules.ts';

export async function runRetry(job: string, flags: CommonFlags, terminal: Terminal): Promise<void> {
  const { api, path } = await openArchive(flags);
  const retried = await api.request<JobAnswer>('POST', `${path}/jobs/${encodeURIComponent(job)}/retry`);
  show(retried, flags, terminal);
}

/** Has one subject archived that no event told of. */
export async function runRequest(
  connection: string,
  subject: string,
  flags: CommonFlags & { completion?: string },
  terminal: Terminal,
): Promise<void> {
  const { api, path } = await openArchive(flags);
  const { completion } = flags;
  const body = { connection, subject, ...(completion === undefined ? {} : { completion }) };
  show(await api.request<JobAnswer>('POST', path, body), flags, terminal);
}

function show(job: JobAnswer, flags: CommonFlags, terminal: Terminal): void {
  if (flags.json === true) return terminal.out(JSON.stringify(job));
  for (const line of renderRows(jobHeadings, [jobCells(job, terminal.paint)], terminal)) terminal.out(line);
}
