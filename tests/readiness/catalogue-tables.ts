import { sections } from '../../src/readiness/catalogue/sections.rules.ts';
import type { Catalogue, CheckDefinition } from '../../src/readiness/check-definition.ts';
import { coverageOf } from '../../src/readiness/coverage.rules.ts';
import { compareChecks } from '../../src/readiness/merge-checklists.rules.ts';

/** The page with its generated tables as the catalogue has them now: what stands between the markers of each name. */
export function withTables(page: string, catalogue: Catalogue): string {
  const tables: Record<string, string> = {
    sections: sectionTable(catalogue),
    checklists: checklistTable(catalogue),
    checks: checkTables(catalogue),
  };
  return page.replaceAll(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end of generated -->)/g,
    (whole, begin: string, name: string, end: string) => {
      const table = tables[name];
      return table === undefined ? whole : `${begin}${table}\n${end}`;
    },
  );
}

function sectionTable({ checks }: Catalogue): string {
  const rows = [...sections, 'all'].map((section) => {
    const inside = [...checks.values()].filter((check) => section === 'all' || check.section === section);
    const count = (fits: (check: CheckDefinition) => boolean): number => inside.filter(fits).length;
    return [
      section,
      inside.length,
      count(({ kind }) => kind === 'automatic'),
      count(({ kind }) => kind === 'drill'),
      count(({ kind }) => kind === 'attested'),
      count(({ severity }) => severity === 'blocker'),
      count(({ severity }) => severity === 'major'),
      count(({ severity }) => severity === 'minor'),
    ];
  });
  return table(['section', 'checks', 'automatic', 'drill', 'attested', 'blocker', 'major', 'minor'], rows);
}

function checklistTable(catalogue: Catalogue): string {
  const rows = coverageOf(catalogue, { shipped: new Set(), waiting: new Map() }).map((each) => {
    const checklist = catalogue.checklists.get(each.id);
    const checks = new Set(checklist?.items.flatMap((item) => item.checks));
    const signs = checklist?.signoffs.join(', ') ?? '';
    return [`\`${each.id}\``, each.title, each.items, each.withoutPeople, checks.size, signs];
  });
  return table(['checklist', 'what it is for', 'items', 'without people', 'checks', 'signed by'], rows);
}

function checkTables({ checks }: Catalogue): string {
  return sections
    .map((section) => {
      const rows = [...checks.values()]
        .filter((check) => check.section === section)
        .sort(compareChecks)
        .map(({ id, severity, kind, subject, title }) => [`\`${id}\``, severity, kind, subject, title]);
      const heading = `### ${section.slice(0, 1).toUpperCase()}${section.slice(1)}`;
      return `${heading}\n\n${table(['check', 'severity', 'kind', 'about', 'true when it passes'], rows)}\n`;
    })
    .join('\n');
}

function table(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(headings), `|${'---|'.repeat(headings.length)}`, ...rows.map(line)].join('\n');
}
