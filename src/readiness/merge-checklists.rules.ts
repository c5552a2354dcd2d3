import { sections } from './catalogue/sections.rules.ts';
import type { CheckDefinition, ChecklistItem, ChecksAndLists, Severity } from './check-definition.ts';
import { Problem } from '../problem.ts';

/** A check with every item that it helps to decide. */
type MergedCheck = { check: CheckDefinition; items: readonly MergedItem[] };
type MergedItem = Pick<ChecklistItem, 'ref' | 'phase'> & { checklistId: string };

type MergedChecklists = {
  /** Each once, by severity (blockers first), then section, then id. */
  checks: readonly MergedCheck[];
  /** Duties that have to sign, each once. */
  signoffs: readonly string[];
};

const severityOrder: readonly Severity[] = ['blocker', 'major', 'minor'];

/**
 * Makes one list of what several checklists demand, without repeats.
 * @throws Problem not_found for a checklist that the catalogue does not have
 */
export function mergeChecklists(catalogue: ChecksAndLists, checklistIds: readonly string[]): MergedChecklists {
  const merged = new Map<string, { check: CheckDefinition; items: MergedItem[] }>();
  const signoffs = new Set<string>();
  for (const checklistId of new Set(checklistIds)) {
    const checklist = catalogue.checklists.get(checklistId);
    if (checklist === undefined) throw new Problem('not_found', noSuchChecklist(catalogue, checklistId));
    for (const duty of checklist.signoffs) signoffs.add(duty);
    for (const { ref, phase, checks } of checklist.items) {
      for (const checkId of checks) {
        const check = catalogue.checks.get(checkId);
        if (check === undefined) continue;
        const entry = merged.get(checkId) ?? { check, items: [] };
        entry.items.push({ checklistId, ref, phase });
        merged.set(checkId, entry);
      }
    }
  }
  return { checks: [...merged.values()].sort((a, b) => compareChecks(a.check, b.check)), signoffs: [...signoffs] };
}

/** Blockers first, then in the order of sections, then by id. */
export function compareChecks(a: CheckDefinition, b: CheckDefinition): number {
  const bySeverity = severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity);
  if (bySeverity !== 0) return bySeverity;
  const bySection = placeOfSection(a.section) - placeOfSection(b.section);
  if (bySection !== 0) return bySection;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Where a section stands among the others. */
export function placeOfSection(section: string): number {
  return sections.findIndex((each) => each === section);
}

function noSuchChecklist(catalogue: ChecksAndLists, checklistId: string): string {
  return `There is no checklist ${JSON.stringify(checklistId)}. There are: ${[...catalogue.checklists.keys()].join(', ')}.`;
}
