import { open } from 'node:fs/promises';
import { readLine } from '../../audit/export-lines.rules.ts';
import { CliFailure } from '../failure.ts';
import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { openAudit, type ScopeFlags } from './open-audit.ts';
import { splitLines } from './split-lines.ts';

/** Writes the log to a file, line by line. What breaks off is told of, and is no export. */
export async function runExport(flags: ScopeFlags & { output: string }, terminal: Terminal): Promise<void> {
  const { api, key, path } = await openAudit(flags);
  // A redirect could carry the key elsewhere.
  const request = { headers: { authorization: `Bearer ${key}` }, redirect: 'error' } as const;
  const answer = await fetch(`${api.url}${path}/export`, request).catch((error: unknown) => {
    throw new CliFailure(`${api.url} cannot be reached (${reasonOf(error)})`, 'check --url and that Posthorn runs');
  });
  if (!answer.ok || answer.body === null) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: unknown };
    const why = typeof problem.detail === 'string' ? problem.detail.replace(/\.$/, '') : `it answered ${answer.status}`;
    throw new CliFailure(`the log cannot be exported: ${why}`, 'use a key that holds audit:read, or the operator key');
  }
  const file = await open(flags.output, 'wx', 0o600).catch((error: unknown) => {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'is there already' : `cannot be written (${code})`;
    throw new CliFailure(`${flags.output} ${why}`, 'name another with --output');
  });
  let entries: number | null = null;
  try {
    for await (const line of splitLines(answer.body)) {
      await file.write(`${line}\n`);
      const read = readLine(line);
      if (read.ok && read.line.type === 'end') entries = read.line.entries;
    }
    await file.sync();
  } catch (error) {
    throw new CliFailure(`the export broke off (${reasonOf(error)})`, `remove ${flags.output} and run it again`);
  } finally {
    await file.close();
  }
  if (entries === null) throw new CliFailure('the export broke off', `remove ${flags.output} and run it again`);
  if (flags.json === true) return terminal.out(JSON.stringify({ file: flags.output, entries }));
  const written = `${counted(entries, 'entry', 'entries')} in ${flags.output}`;
  terminal.out(`${written}; verify it: posthorn audit verify --export ${flags.output}`);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}
