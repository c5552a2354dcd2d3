import { createHash } from 'node:crypto';
import type { AuditContent, AuditEntry } from './audit-entry.ts';
import { canonicalJson } from './canonical-json.rules.ts';

/** What the first entry of a chain follows. */
export const firstPrevious = '0'.repeat(64);

const domain = Buffer.from('posthorn/audit/v1\0', 'utf8');

/** What is hashed and stored of an entry: the canonical JSON of everything but its place in the chain. */
export function contentText(entry: AuditContent): string {
  const { id, at, team, actor, action, target, before, after, address, requestId, outcome } = entry;
  const content = { id, at, team, actor, action, target, before, after, address, requestId, outcome };
  return canonicalJson(content);
}

/**
 * The hash of an entry: SHA-256 over `posthorn/audit/v1` and a zero byte, the hash before (32 bytes), the sequence number
 * (8 bytes, big-endian) and the SHA-256 of the content's UTF-8. append_audit() in the database computes the same.
 * @param previous hex
 * @returns hex
 */
export function entryHash(previous: string, sequence: number, content: string): string {
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(BigInt(sequence));
  const contentHash = createHash('sha256').update(content, 'utf8').digest();
  return createHash('sha256')
    .update(domain)
    .update(Buffer.from(previous, 'hex'))
    .update(place)
    .update(contentHash)
    .digest('hex');
}

/** An entry from what is stored of it. @throws SyntaxError when the content is no JSON */
export function entryOf(row: { sequence: number; content: string; hash: string }): AuditEntry {
  return { ...(JSON.parse(row.content) as AuditContent), sequence: row.sequence, hash: row.hash };
}
