import type { Catalogue, CheckDefinition } from '../../readiness/check-definition.ts';
import { loadCatalogue } from '../../readiness/load-catalogue.ts';
import { compareChecks, mergeChecklists } from '../../readiness/merge-checklists.rules.ts';
import { CliFailure } from '../failure.ts';
import { counted } from '../terminal/readable.rules.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { renderCheck, renderChecks } from './render-check.rules.ts';

export type CatalogueFlags = {
  checklist?: string;
  section?: string;
  severity?: string;
  kind?: string;
  json?: true;
};

/** Lists the checks that fit, blockers first. */
export function runCatalogueList(flags: CatalogueFlags, terminal: Terminal): void {
  const catalogue = loadCatalogue();
  const known = new Set(Array.from(catalogue.checks.values(), ({ section }) => section));
  refuseUnknown('section', flags.section, known);
  refuseUnknown('checklist', flags.checklist, catalogue.checklists);
  const found = checksOf(catalogue, flags.checklist).filter(
    ({ section, severity, kind }) =>
      (flags.section ?? section) === section &&
      (flags.severity ?? severity) === severity &&
      (flags.kind ?? kind) === kind,
  );
  if (flags.json === true) terminal.out(JSON.stringify(found, null, 2));
  else {
    for (const line of renderChecks(found, terminal)) terminal.out(line);
    terminal.err(`${counted(found.length, 'check')}. More about one: posthorn review catalogue show <check>`);
  }
}

/** Shows one check and the items of checklists that it helps to decide. */
export function runCatalogueShow(checkId: string, flags: { json?: true }, terminal: Terminal): void {
  const catalogue = loadCatalogue();
  const check = catalogue.checks.get(checkId);
  if (check === undefined) {
    const near = [...catalogue.checks.keys()].filter((each) => checkId !== '' && each.includes(checkId)).slice(0, 5);
    const remedy =
      near.length === 0 ? 'see posthorn review catalogue list' : `there is ${near.join(', ')}; take one of these`;
    throw new CliFailure(`there is no check ${checkId}`, remedy);
  }
  const items = [...catalogue.checklists.values()].flatMap((checklist) =>
    checklist.items
      .filter(({ checks }) => checks.includes(checkId))
      .map(({ ref, says }) => ({ checklist: checklist.id, ref, says })),
  );
  if (flags.json === true) terminal.out(JSON.stringify({ ...check, items }, null, 2));
  else for (const line of renderCheck(check, items, terminal)) terminal.out(line);
}

function checksOf(catalogue: Catalogue, checklistId: string | undefined): CheckDefinition[] {
  if (checklistId === undefined) return [...catalogue.checks.values()].sort(compareChecks);
  return mergeChecklists(catalogue, [checklistId]).checks.map(({ check }) => check);
}

function refuseUnknown(
  what: string,
  given: string | undefined,
  known: { has(name: string): boolean; keys(): Iterable<string> },
): void {
  if (given === undefined || known.has(given)) return;
  throw new CliFailure(`there is no ${what} ${given}`, `take one of ${[...known.keys()].join(', ')}`);
}
