import { createHash } from 'node:crypto';
import { canonicalJson, toJson } from '../audit/canonical-json.rules.ts';

/** SHA-256 over the canonical JSON of plain data, hex: the same data has the same digest, in whatever order it is. */
export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(canonicalJson(toJson(value)))
    .digest('hex');
}
