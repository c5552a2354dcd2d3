import type { CheckDefinition, CheckKind, Severity, SubjectKind } from '../check-definition.ts';
import { readEntry } from './entry-reader.rules.ts';
import type { CatalogueMistake, Located } from './located.rules.ts';
import { parseTimeToLive } from './time-to-live.rules.ts';

const subjects: readonly [SubjectKind, ...SubjectKind[]] = [
  'gateway',
  'team',
  'source',
  'endpoint',
  'connection',
  'organisation',
];
const severities: readonly [Severity, ...Severity[]] = ['blocker', 'major', 'minor'];
const kinds: readonly [CheckKind, ...CheckKind[]] = ['automatic', 'drill', 'attested'];

const idRule = {
  pattern: /^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/,
  remedy: 'write words of small letters, parted by dots, such as webhook.secret.rotates',
};

/** A check as it stands in its section's file; null, and the mistakes are told, when it is not sound. */
export function readCheckEntry(
  node: Located,
  section: string,
  file: string,
  mistakes: CatalogueMistake[],
): CheckDefinition | null {
  const entry = readEntry(node, 'a check', file, mistakes);
  const check: CheckDefinition = {
    id: entry.text('id', idRule),
    title: entry.text('title'),
    section,
    subject: entry.choice('subject', subjects),
    severity: entry.choice('severity', severities),
    kind: entry.choice('kind', kinds),
    evidence: entry.text('evidence'),
    ttlSeconds: 0,
    brokenBy: null,
    remedy: entry.text('remedy'),
  };
  const ttl = entry.text('ttl');
  const ttlSeconds = parseTimeToLive(ttl);
  if (ttl !== '' && ttlSeconds === null) {
    entry.mistake('ttl', `ttl is "${ttl}"`, 'write hours or days up to a year, such as 24h or 7d');
  }
  const isBreakable = entry.has('broken_by');
  if (check.kind === 'attested' && isBreakable) {
    entry.mistake('broken_by', 'an attested check has broken_by', 'take it out: nothing is measured that could break');
  }
  const brokenBy = check.kind === 'attested' ? null : entry.text('broken_by');
  const needsReview = entry.has('needs_review') && entry.choice('needs_review', ['true']) === 'true';
  if (needsReview && check.kind !== 'attested') {
    entry.mistake('needs_review', `a check that is ${check.kind} has needs_review`, 'take it out: nobody attests it');
  }
  if (!entry.isSound()) return null;
  return { ...check, ttlSeconds: ttlSeconds ?? 0, brokenBy, ...(needsReview ? { needsReview } : {}) };
}
