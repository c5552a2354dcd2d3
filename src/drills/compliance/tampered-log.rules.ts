import type { AuditContent } from '../../audit/audit-entry.ts';
import { canonicalJson, type Json } from '../../audit/canonical-json.rules.ts';
import { contentText, entryHash } from '../../audit/entry-hash.rules.ts';

/** What somebody may do to a log: an entry edited, deleted, two swapped, the end cut off, the end written anew to fit. */
export const tamperings = ['edited', 'deleted', 'swapped', 'cut off', 'written anew'] as const;
export type Tampering = (typeof tamperings)[number];

export type ChainEntry = { sequence: number; hash: string; entry: AuditContent };

/** How many entries at the end are cut off or written anew. */
const endLength = 2;

/** The last entries with another content, and hashes that fit it. @param entries a whole chain, in order */
function writtenAnew(entries: readonly ChainEntry[]): ChainEntry[] {
  const kept = entries.slice(0, -endLength);
  let previous = kept.at(-1)?.hash ?? '0'.repeat(64);
  const tail = entries.slice(-endLength).map(({ sequence, entry }): ChainEntry => {
    const changed = edited(entry);
    const hash = entryHash(previous, sequence, contentText(changed));
    previous = hash;
    return { sequence, hash, entry: changed };
  });
  return [...kept, ...tail];
}

/** The same entry, as somebody would have it who did not want to have done it. */
function edited(entry: AuditContent): AuditContent {
  return { ...entry, address: '198.51.100.99' };
}

/** A chain after the tampering. */
export function tampered(entries: readonly ChainEntry[], how: Tampering): ChainEntry[] {
  const middle = Math.floor(entries.length / 2);
  switch (how) {
    case 'edited':
      return entries.map((each, index) => (index === middle ? { ...each, entry: edited(each.entry) } : each));
    case 'deleted':
      return entries.filter((_, index) => index !== middle);
    case 'swapped': {
      const [one, other] = [entries[middle], entries[middle + 1]];
      return entries.map((each, index) => {
        const from = index === middle ? other : index === middle + 1 ? one : each;
        return { ...each, entry: from?.entry ?? each.entry };
      });
    }
    case 'cut off':
      return entries.slice(0, -endLength);
    case 'written anew':
      return writtenAnew(entries);
    default:
      return how satisfies never;
  }
}

type Line = { type: string; sequence: number; hash: string; entry: AuditContent; entries: number };

/** The entries of one chain in an export. */
export function chainOf(lines: readonly string[], team: string): ChainEntry[] {
  return lines.flatMap((text) => {
    const { type, sequence, hash, entry } = JSON.parse(text) as Line;
    return type === 'entry' && entry.team === team ? [{ sequence, hash, entry }] : [];
  });
}

/** An export with another chain in the place of a team's, and an end that counts what is there. */
export function withChain(lines: readonly string[], team: string, chain: readonly ChainEntry[]): string[] {
  const parsed = lines.map((text) => JSON.parse(text) as Line);
  const isOfTeam = ({ type, entry }: Line): boolean => type === 'entry' && entry.team === team;
  const first = parsed.findIndex(isOfTeam);
  const others = parsed.filter((line) => !isOfTeam(line));
  const before = parsed.slice(0, first).length;
  const entries = others.filter(({ type }) => type === 'entry').length + chain.length;
  const made = [
    ...others.slice(0, before),
    ...chain.map((each) => ({ type: 'entry', ...each })),
    ...others.slice(before),
  ];
  return made.map((line) => canonicalJson((line.type === 'end' ? { type: 'end', entries } : line) as Json));
}
