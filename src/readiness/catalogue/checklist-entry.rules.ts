import type { Checklist, ChecklistItem } from '../check-definition.ts';
import { phases } from '../phases.rules.ts';
import { readEntry } from './entry-reader.rules.ts';
import type { CatalogueMistake, Located } from './located.rules.ts';

const duties: ReadonlySet<string> = new Set(['engineering', 'security', 'operations', 'product', 'quality']);

const idRule = { pattern: /^[a-z][a-z0-9-]*$/, remedy: 'write small letters, digits and hyphens' };

/** A checklist with the line of each of its references to a check, which may turn out not to exist. */
export type ReadChecklist = {
  checklist: Checklist;
  file: string;
  line: number;
  references: readonly { checkId: string; ref: string; line: number }[];
};

/** A file of one checklist; null, and the mistakes are told, when it is not sound. `name` is the file's, without ending. */
export function readChecklistEntry(
  node: Located,
  name: string,
  file: string,
  mistakes: CatalogueMistake[],
): ReadChecklist | null {
  const entry = readEntry(node, 'a checklist', file, mistakes);
  const id = entry.text('id', idRule);
  if (id !== '' && id !== name) {
    entry.mistake('id', `id is "${id}" in a file named ${name}`, 'give the file and the checklist the same name');
  }
  const title = entry.text('title');
  const signoffs = entry.texts('signoffs', idRule);
  for (const duty of signoffs) {
    if (duty === '' || duties.has(duty)) continue;
    entry.mistake('signoffs', `nobody signs for "${duty}"`, `write any of ${[...duties].join(', ')}`);
  }
  const references: { checkId: string; ref: string; line: number }[] = [];
  const refs = new Set<string>();
  const items: ChecklistItem[] = [];
  for (const each of entry.list('items')) {
    const item = readItem(each, file, mistakes);
    if (item === null) continue;
    if (refs.has(item.ref)) {
      const remedy = 'number every item once';
      mistakes.push({ file, line: each.line, what: `there is another item ${item.ref}`, remedy });
    }
    refs.add(item.ref);
    items.push(item);
    for (const checkId of item.checks) references.push({ checkId, ref: item.ref, line: each.line });
  }
  if (!entry.isSound()) return null;
  return { checklist: { id, title, signoffs, items }, file, line: entry.line, references };
}

function readItem(node: Located, file: string, mistakes: CatalogueMistake[]): ChecklistItem | null {
  const entry = readEntry(node, 'an item', file, mistakes);
  const item: ChecklistItem = {
    ref: entry.text('ref', { pattern: /^\d+(\.\d+)*$/, remedy: 'write a number such as 2.1' }),
    says: entry.text('says'),
    phase: entry.choice('phase', phases),
    checks: entry.texts('checks'),
  };
  const repeated = item.checks.find((checkId, index) => checkId !== '' && item.checks.indexOf(checkId) !== index);
  if (repeated !== undefined) entry.mistake('checks', `${repeated} is named twice`, 'name each check once');
  return entry.isSound() ? item : null;
}
