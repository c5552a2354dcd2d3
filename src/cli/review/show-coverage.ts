import { coverageOf, type ShippedChecks } from '../../readiness/coverage.rules.ts';
import { loadCatalogue } from '../../readiness/load-catalogue.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { renderChecklist, renderCoverage } from './render-coverage.rules.ts';

export type CoverageFlags = { checklist?: string; json?: true };

/** Prints how much of each checklist can be decided with what is shipped, or of one, item by item. */
export function runCoverage(flags: CoverageFlags, shipped: ShippedChecks, terminal: Terminal): void {
  const catalogue = loadCatalogue();
  const all = coverageOf(catalogue, shipped);
  const chosen = flags.checklist === undefined ? all : all.filter(({ id }) => id === flags.checklist);
  if (chosen.length === 0) {
    throw new CliFailure(
      `there is no checklist ${flags.checklist ?? ''}`,
      `take one of ${all.map(({ id }) => id).join(', ')}`,
    );
  }
  if (flags.json === true) {
    terminal.out(JSON.stringify({ checklists: chosen }, null, 2));
    return;
  }
  const [only] = chosen;
  const lines =
    flags.checklist !== undefined && only !== undefined
      ? renderChecklist(only, terminal)
      : renderCoverage(chosen, countShipped([...catalogue.checks.values()], shipped), terminal);
  for (const line of lines) terminal.out(line);
}

function countShipped(
  checks: readonly { id: string; kind: string }[],
  { shipped }: ShippedChecks,
): { shipped: number; shippable: number; attested: number } {
  const shippable = checks.filter(({ kind }) => kind !== 'attested');
  return {
    shipped: shippable.filter(({ id }) => shipped.has(id)).length,
    shippable: shippable.length,
    attested: checks.length - shippable.length,
  };
}
