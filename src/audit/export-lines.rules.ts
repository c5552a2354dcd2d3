import type { AuditContent, AuditEntry } from './audit-entry.ts';
import { canonicalJson, type Json } from './canonical-json.rules.ts';
import { readCheckpoint, type SignedCheckpoint } from './checkpoint.rules.ts';

const format = 'posthorn-audit-export-1';
const unknownLine = 'is no line of an export that this release knows';
const fields: Readonly<Record<string, readonly string[]>> = {
  begin: ['type', 'format', 'scope', 'at', 'publicKey', 'replacedKeys'],
  checkpoint: ['type', 'checkpoint'],
  entry: ['type', 'sequence', 'hash', 'entry'],
  end: ['type', 'entries'],
};

/** A line of an export. The file begins with `begin`; then checkpoints, then entries chain by chain, then `end`. */
export type ExportLine =
  | { type: 'begin'; format: typeof format; scope: string; at: string; publicKey: string; replacedKeys?: string[] }
  | { type: 'checkpoint'; checkpoint: SignedCheckpoint }
  | { type: 'entry'; sequence: number; hash: string; entry: AuditContent }
  | { type: 'end'; entries: number };

/** @param more.replacedKeys the public keys before this one, newest first; not in the line where there are none */
export function beginLine(more: { scope: string; at: string; publicKey: string; replacedKeys: string[] }): ExportLine {
  const { replacedKeys, ...rest } = more;
  return { type: 'begin', format, ...rest, ...(replacedKeys.length === 0 ? {} : { replacedKeys }) };
}

export function entryLine({ sequence, hash, ...entry }: AuditEntry): ExportLine {
  return { type: 'entry', sequence, hash, entry };
}

/** Canonical JSON: a line that was written in any other way was not written by Posthorn. */
export function writeLine(line: ExportLine): string {
  return canonicalJson(line);
}

/** A line, or why it is none. What an entry says is not looked at: its hash tells. */
export function readLine(text: string): { ok: true; line: ExportLine } | { ok: false; problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (canonicalJson(value as Json) !== text) return { ok: false, problem: 'is not written as Posthorn writes it' };
  } catch {
    return { ok: false, problem: 'is no JSON' };
  }
  const line = value as Record<string, unknown> | null;
  // What no hash and no signature covers would be read past.
  if (!hasOnly(line, fields[String(line?.['type'])] ?? [])) return { ok: false, problem: unknownLine };
  if (line?.['type'] === 'begin' && line['format'] === format) {
    const { scope, publicKey, replacedKeys = [] } = line;
    const areKeys = Array.isArray(replacedKeys) && replacedKeys.every((key) => typeof key === 'string');
    if (typeof scope === 'string' && typeof publicKey === 'string' && areKeys) {
      return { ok: true, line: value as ExportLine };
    }
  }
  if (line?.['type'] === 'checkpoint') {
    const checkpoint = readCheckpoint(line['checkpoint']);
    if (checkpoint !== null && hasOnly(line['checkpoint'], Object.keys(checkpoint))) {
      return { ok: true, line: { type: 'checkpoint', checkpoint } };
    }
  }
  if (line?.['type'] === 'entry' && isEntry(line)) return { ok: true, line: value as ExportLine };
  if (line?.['type'] === 'end' && Number.isSafeInteger(line['entries'])) return { ok: true, line: value as ExportLine };
  return { ok: false, problem: unknownLine };
}

function hasOnly(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).every((name) => names.includes(name));
}

function isEntry({ sequence, hash, entry }: Record<string, unknown>): boolean {
  if (!Number.isSafeInteger(sequence) || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return false;
  if (typeof entry !== 'object' || entry === null) return false;
  const { team, id } = entry as { team?: unknown; id?: unknown };
  return (team === null || typeof team === 'string') && typeof id === 'string';
}
