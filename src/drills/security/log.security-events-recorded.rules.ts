import type { Finding } from '../../readiness/finding.ts';
import { counted, failed, listed, passed } from '../../readiness/finding.rules.ts';

/** A kind of event that was brought about, and what its record lacks; null when there is no record at all. */
export type SecurityEvent = { kind: string; lacks: readonly string[] | null };

/** Each kind is on record, with who, from where, on what, how it ended, and the request's id where records have one. */
export function judgeSecurityEvents(events: readonly SecurityEvent[]): Finding {
  const missing = events.filter(({ lacks }) => lacks === null).map(({ kind }) => kind);
  const poor = events.filter(({ lacks }) => lacks !== null && lacks.length > 0);
  const values = { kinds: events.length, notOnRecord: missing.length, incomplete: poor.length };
  if (missing.length > 0) return failed(`No record of: ${listed(missing)}.`, values, 'posthorn audit list');
  if (poor.length > 0) {
    const seen = poor.map(({ kind, lacks }) => `${kind} (${(lacks ?? []).join(', ')})`);
    return failed(`Records lack something: ${listed(seen)}.`, values, 'posthorn audit list');
  }
  const kinds = counted(events.length, 'kind');
  return passed(
    `${kinds} of security events are on record. There is no sign-in yet, and no record of unknown keys.`,
    values,
  );
}
