import { createHash } from 'node:crypto';
import { canonicalJson, type Json, toJson } from './canonical-json.rules.ts';

/**
 * How a capability's fields stand in the audit log. `shown` as they are; `digest` as their SHA-256, so that what was
 * recorded can be compared with what is there; `url` without what may be secret in it, beside its digest. Every field
 * that is not named is masked: that it changed is recorded, and not to what.
 */
export type AuditedFields = Readonly<Record<string, 'shown' | 'digest' | 'url'>>;

type Facts = Readonly<Record<string, unknown>>;
type Change = { before: Json; after: Json };

const masked = '***';

/** What changed from one state to the other, or all of a state where there is no other. */
export function describeChange(fields: AuditedFields, before: Facts | null, after: Facts | null): Change {
  const names = Object.keys({ ...before, ...after });
  const changed = names.filter((name) => {
    if (before === null || after === null) return (before ?? after)?.[name] != null;
    return canonicalJson(toJson(before[name])) !== canonicalJson(toJson(after[name]));
  });
  return { before: pick(fields, before, changed), after: pick(fields, after, changed) };
}

function pick(fields: AuditedFields, facts: Facts | null, names: readonly string[]): Json {
  if (facts === null) return null;
  return Object.assign({}, ...names.map((name) => shown(name, fields[name], toJson(facts[name])))) as Json;
}

function shown(name: string, how: AuditedFields[string] | undefined, value: Json): Record<string, Json> {
  if (value === null || how === 'shown') return { [name]: value };
  if (how === 'digest') return { [`${name}Sha256`]: digestOf(value) };
  if (how === 'url' && typeof value === 'string') {
    return { [name]: maskedUrl(value), [`${name}Sha256`]: digestOf(value) };
  }
  return { [name]: masked };
}

/** SHA-256 over the canonical JSON of a value, hex. */
function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/** Host and path are shown; names and passwords, and the values of a query, are not. */
function maskedUrl(text: string): string {
  if (!URL.canParse(text)) return masked;
  const url = new URL(text);
  if (url.username !== '') url.username = masked;
  if (url.password !== '') url.password = masked;
  const query = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=${masked}`).join('&');
  url.search = '';
  url.hash = '';
  return query === '' ? url.href : `${url.href}?${query}`;
}
