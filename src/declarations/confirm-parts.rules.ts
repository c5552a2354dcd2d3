import { canonicalJson, toJson } from '../audit/canonical-json.rules.ts';
import type { DeclarationParts, PartName } from './declaration-schemas.ts';
import type { Confirmation, Declarations } from './declaration.ts';

/**
 * Who confirmed each part of what is declared now: whoever changed it, or said again that it is so; otherwise whoever
 * did before.
 */
export function confirmParts(
  before: Pick<Declarations, 'parts' | 'confirmed'>,
  after: DeclarationParts,
  { confirmed, now }: { confirmed: readonly PartName[]; now: Confirmation },
): Declarations['confirmed'] {
  const names = Object.keys(after) as PartName[];
  return Object.fromEntries(
    names.map((name) => {
      const same = canonicalJson(toJson(before.parts[name])) === canonicalJson(toJson(after[name]));
      return [name, same && !confirmed.includes(name) ? (before.confirmed[name] ?? now) : now];
    }),
  );
}
