import { createHash } from 'node:crypto';

/** Your id as an Idempotency-Key: itself where it fits into a header, otherwise its SHA-256. The same id, the same key. */
export function idempotencyKeyOf(id: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(id)) return id;
  return `sha256-${createHash('sha256').update(id).digest('hex')}`;
}
