import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readServerLogLine } from './server-log.rules.ts';

export type ServerLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Forwards what matters of the server's stderr; the returned function tells the last lines, telling ones first. */
export function forwardServerLog(stderr: Readable, log: ServerLog): () => string {
  const fatal: string[] = [];
  const raw: string[] = [];
  createInterface({ input: stderr }).on('line', (line) => {
    keepLast(raw, line);
    const read = readServerLogLine(line);
    if (!read) return;
    if (read.level === 'error') keepLast(fatal, read.text);
    log[read.level]({ component: 'postgres', severity: read.severity }, read.text);
  });
  return () => (fatal.length > 0 ? fatal : raw).join(' / ').trim();
}

function keepLast(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > 5) lines.shift();
}
