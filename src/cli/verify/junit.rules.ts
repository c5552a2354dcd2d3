import { verdictOf } from './verdict.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

/** The checks as JUnit XML: a suite a section, so that pipelines show them as they show tests. */
export function junitOf(checks: readonly VerifiedCheck[]): string {
  const sections = Map.groupBy(checks, ({ section }) => section ?? 'other');
  const suites = [...sections].map(([section, each]) => suiteOf(section, each));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts(checks)}>\n${suites.join('')}</testsuites>\n`;
}

function suiteOf(section: string, checks: readonly VerifiedCheck[]): string {
  const cases = checks.map((check) => `    ${caseOf(check)}\n`).join('');
  return `  <testsuite name="${escaped(section)}"${counts(checks)}>\n${cases}  </testsuite>\n`;
}

function caseOf(check: VerifiedCheck): string {
  const { kind, id } = check.subject;
  const head = `<testcase classname="${escaped(check.check)}" name="${escaped(`${check.title ?? check.check} (${kind === id ? kind : id})`)}"`;
  const seen = escaped(check.seen ?? check.because ?? '');
  switch (verdictOf(check)) {
    case 'OK':
      return `${head}/>`;
    case 'FAIL':
      return `${head}><failure type="${escaped(check.severity ?? 'major')}" message="${seen}">${escaped(check.remedy ?? '')}</failure></testcase>`;
    case 'SKIP':
      return `${head}><skipped message="${seen}"/></testcase>`;
  }
}

function counts(checks: readonly VerifiedCheck[]): string {
  const count = (verdict: string): number => checks.filter((check) => verdictOf(check) === verdict).length;
  return ` tests="${checks.length}" failures="${count('FAIL')}" skipped="${count('SKIP')}"`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 knows no other control characters than these three, not even as references. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, '\uFFFD')
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
    .replaceAll(/[\t\n\r]/g, (character) => `&#${character.codePointAt(0)};`);
}
