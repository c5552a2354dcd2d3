import type { Checklist, ChecklistItem, ChecksAndLists } from './check-definition.ts';

/** What can be decided today: checks with a collector or a drill, and why others cannot be yet. */
export type ShippedChecks = { shipped: ReadonlySet<string>; waiting: ReadonlyMap<string, string> };

/** `decided` by Posthorn alone; `attested`: a person has a say in it; `waiting` for a check that nothing decides yet. */
type ItemCoverage = {
  ref: string;
  says: string;
  state: 'decided' | 'attested' | 'waiting';
  /** Checks that are not shipped, and why; empty unless it is waiting. */
  waitingFor: readonly { checkId: string; reason: string }[];
};

export type ChecklistCoverage = {
  id: string;
  title: string;
  /** How many items it has; `decided`, `attested` and `waiting` add up to it. */
  items: number;
  decided: number;
  attested: number;
  waiting: number;
  /** Items that no person has a say in, once every check is shipped. */
  withoutPeople: number;
  /** What waiting items wait for, most items first. */
  reasons: readonly { reason: string; items: number; checks: readonly string[] }[];
  details: readonly ItemCoverage[];
};

const notYet = { automatic: 'nothing measures it yet', drill: 'its drill does not exist yet' } as const;

/** How much of each checklist can be decided today, and what the rest waits for. */
export function coverageOf(catalogue: ChecksAndLists, { shipped, waiting }: ShippedChecks): ChecklistCoverage[] {
  const isAttested = (checkId: string): boolean => catalogue.checks.get(checkId)?.kind === 'attested';
  const reasonOf = (checkId: string): string =>
    waiting.get(checkId) ?? notYet[catalogue.checks.get(checkId)?.kind === 'drill' ? 'drill' : 'automatic'];

  const coverItem = ({ ref, says, checks }: ChecklistItem): ItemCoverage => {
    const waitingFor = checks
      .filter((checkId) => !isAttested(checkId) && !shipped.has(checkId))
      .map((checkId) => ({ checkId, reason: reasonOf(checkId) }));
    if (waitingFor.length > 0) return { ref, says, state: 'waiting', waitingFor };
    return { ref, says, state: checks.some(isAttested) ? 'attested' : 'decided', waitingFor };
  };

  const coverChecklist = ({ id, title, items }: Checklist): ChecklistCoverage => {
    const details = items.map(coverItem);
    const count = (state: ItemCoverage['state']): number => details.filter((each) => each.state === state).length;
    return {
      id,
      title,
      items: items.length,
      decided: count('decided'),
      attested: count('attested'),
      waiting: count('waiting'),
      withoutPeople: items.filter(({ checks }) => !checks.some(isAttested)).length,
      reasons: reasonsOf(details),
      details,
    };
  };
  return Array.from(catalogue.checklists.values(), coverChecklist);
}

/** An item that waits for two reasons counts under both. */
function reasonsOf(details: readonly ItemCoverage[]): ChecklistCoverage['reasons'] {
  const found = new Map<string, { refs: Set<string>; checks: Set<string> }>();
  for (const { ref, waitingFor } of details) {
    for (const { checkId, reason } of waitingFor) {
      const entry = found.get(reason) ?? { refs: new Set(), checks: new Set() };
      entry.refs.add(ref);
      entry.checks.add(checkId);
      found.set(reason, entry);
    }
  }
  return Array.from(found, ([reason, { refs, checks }]) => ({
    reason,
    items: refs.size,
    checks: [...checks].sort(),
  })).sort((a, b) => b.items - a.items || (a.reason < b.reason ? -1 : 1));
}
