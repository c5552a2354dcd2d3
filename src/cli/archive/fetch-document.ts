import { createHash } from 'node:crypto';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ApiClient } from '../api/api-client.ts';
import { CliFailure } from '../failure.ts';
import { readableSize } from '../terminal/readable.rules.ts';
import { safeText } from '../terminal/safe-text.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DocumentAnswer } from './archive-answers.ts';
import { type CommonFlags, openArchive } from './open-archive.ts';

/** Writes a document to a file, which has its name only once its bytes are known to be those that were archived. */
export async function runFetch(
  document: string,
  flags: CommonFlags & { output?: string; force?: true },
  terminal: Terminal,
): Promise<void> {
  const { api, path, key } = await openArchive(flags);
  const at = `${path}/${encodeURIComponent(document)}`;
  const found = await api.request<DocumentAnswer>('GET', at);
  const file = await placeFor(flags.output ?? '.', found.name);
  const draft = `${file}.part-${process.pid}`;
  try {
    const retry = `mend it: posthorn archive retry ${found.jobId}`;
    const sha256 = await download(api, { path: `${at}/body`, key, draft, retry });
    if (sha256 !== found.sha256) throw new CliFailure('the bytes are not those that were archived', retry);
    await name(draft, file, flags.force === true);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  if (flags.json === true) return terminal.out(JSON.stringify({ ...found, file }));
  terminal.out(`${safeText(file, 'one line')}  ${readableSize(found.sizeBytes)}  sha256 ${found.sha256}`);
}

/** A folder gets the document's own name, of which nothing may lead out of it. */
async function placeFor(output: string, ownName: string): Promise<string> {
  const isFolder = await stat(output).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return resolve(output);
  const plain = safeText(ownName, 'one line').replaceAll(/[/\\]/g, '_');
  return resolve(join(output, plain === '.' || plain === '..' || plain === '' ? 'document' : plain));
}

async function name(draft: string, file: string, force: boolean): Promise<void> {
  try {
    if (force) await rename(draft, file);
    else await link(draft, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'EEXIST') throw new CliFailure(`${file} is there already`, 'name another with --output, or --force');
    throw new CliFailure(`${file} cannot be written (${code})`, 'name another with --output');
  }
}

async function download(
  api: ApiClient,
  { path, key, draft, retry }: { path: string; key: string; draft: string; retry: string },
): Promise<string> {
  // A redirect could carry the key elsewhere.
  const answer = await fetch(api.url + path, { headers: { authorization: `Bearer ${key}` }, redirect: 'error' });
  if (!answer.ok || answer.body === null) {
    const problem = (await answer.json().catch(() => ({}))) as { code?: unknown; detail?: unknown };
    const detail =
      typeof problem.detail === 'string' ? problem.detail.replace(/\.$/, '') : `it answered ${answer.status}`;
    if (problem.code === 'document_damaged') throw new CliFailure(detail.replace(/; retry .*$/, ''), retry);
    throw new CliFailure(`the document cannot be read: ${detail}`, 'see posthorn archive show');
  }
  const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new CliFailure(`${draft} cannot be written (${code})`, 'name a file with --output');
  });
  const hash = createHash('sha256');
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === undefined ? 'the transfer broke off' : code;
    throw new CliFailure(`the document did not arrive whole (${why})`, 'verify it: posthorn archive verify --all');
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
