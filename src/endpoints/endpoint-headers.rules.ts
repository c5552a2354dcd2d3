import { judgeStaticHeaders } from '../egress/request-headers.rules.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';
import { previousSignatureHeader } from '../signing/signing-scheme.rules.ts';

/** What reading an endpoint shows in place of a value that is only ever written. */
export const masked = '***';

/** A value sets a header, null removes it, `***` keeps it, and what is not named stays; null removes all. */
export type HeadersChange = Readonly<Record<string, string | null>> | null | undefined;

/** `name` is written as it was given. */
type RefusedHeader = { name: string; reason: string };

/**
 * An endpoint's static headers after a change, judged together and with the scheme that is to sign, whose headers are not
 * theirs. Flat (name, value, name, value), names in lower case; or every header that cannot be.
 */
export function changeHeaders(
  before: readonly string[],
  change: HeadersChange,
  signing: SigningScheme,
): { ok: true; headers: string[] } | { ok: false; refused: RefusedHeader[] } {
  const merged = new Map<string, string>();
  const kept = change === null ? [] : before;
  for (let index = 0; index < kept.length; index += 2) {
    merged.set(kept[index] as string, kept[index + 1] as string);
  }
  const refused: RefusedHeader[] = [];
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(change ?? {})) {
    const lower = name.toLowerCase();
    if (given.has(lower)) {
      refused.push({ name, reason: 'is given twice' });
      continue;
    }
    given.set(lower, name);
    if (value === null) merged.delete(lower);
    else if (value !== masked) merged.set(lower, value);
    else if (!merged.has(lower)) refused.push({ name, reason: `has no value yet that ${masked} could keep` });
  }
  const written = (name: string): string => given.get(name) ?? name;
  const verdict = judgeStaticHeaders(Object.fromEntries(merged));
  if (!verdict.ok) refused.push(...verdict.refused.map(({ name, reason }) => ({ name: written(name), reason })));
  if ('header' in signing) {
    const own = signing.header.toLowerCase();
    const taken = [own, previousSignatureHeader(own)].filter((name) => merged.has(name));
    refused.push(...taken.map((name) => ({ name: written(name), reason: 'is the header of the signature' })));
  }
  return verdict.ok && refused.length === 0 ? { ok: true, headers: verdict.headers } : { ok: false, refused };
}
