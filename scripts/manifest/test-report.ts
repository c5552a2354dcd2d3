import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Measured } from '../../src/release/manifest-schema.ts';
import { suiteCases } from './suites.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
type VitestReport = {
  testResults: {
    name: string;
    status: string;
    assertionResults: { fullName: string; title: string; status: string }[];
  }[];
};
type TestFile = { path: string; broken: boolean; tests: { fullName: string; title: string; status: string }[] };

/** @throws when it is no report of vitest */
export function readTestReport(root: string, path: string): TestFile[] {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  return testResults.map(({ name, status, assertionResults }) => ({
    path: relative(root, name).replaceAll(sep, '/'),
    broken: status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    tests: assertionResults,
  }));
}

/** Counts by capability. Every file counts for one: its own, or the one that it imports most of. */
export function countByCapability(
  root: string,
  files: readonly TestFile[],
  capabilities: readonly string[],
): Measured<'tests'>['capabilities'] {
  const counts = new Map<string, Measured<'tests'>['capabilities'][number]>();
  for (const file of files) {
    const text = existsSync(join(root, file.path)) ? readFileSync(join(root, file.path), 'utf8') : '';
    const capability = capabilityOf(file.path, text, capabilities);
    const count = counts.get(capability) ?? { capability, passed: 0, failed: 0, skipped: [] };
    counts.set(capability, count);
    if (file.broken) count.failed += 1;
    for (const { fullName, title, status } of file.tests) {
      if (status === 'passed') count.passed += 1;
      else if (status === 'failed') count.failed += 1;
      else count.skipped.push({ test: fullName, reason: reasonToSkip(title, text) });
    }
  }
  return [...counts.values()].toSorted((one, other) => (one.capability < other.capability ? -1 : 1));
}

/** How the tests that stand for each case ended. What no test stands for is left out, and is missed by its check. */
export function countSuites(files: readonly TestFile[]): Measured<'suites'>['cases'] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return suiteCases.flatMap(({ suite, case: name, file, has }) => {
    const tests = byPath.get(file)?.tests.filter(({ fullName }) => fullName.includes(has)) ?? [];
    if (tests.length === 0) return [];
    const of = (status: string): number => tests.filter((test) => test.status === status).length;
    const [passed, failed] = [of('passed'), of('failed')];
    return [{ suite, case: name, passed, failed, skipped: tests.length - passed - failed }];
  });
}

function capabilityOf(path: string, text: string, capabilities: readonly string[]): string {
  const [, folder = '', below] = path.split('/');
  if (below !== undefined && capabilities.includes(folder)) return folder;
  const imported = Map.groupBy(
    [...text.matchAll(/from '(?:\.\.\/)+src\/([\w-]+)\//g)].map(([, name]) => name ?? ''),
    (name) => name,
  );
  const ordered = [...imported].toSorted(([one, ones], [other, others]) =>
    ones.length === others.length ? (one < other ? -1 : 1) : others.length - ones.length,
  );
  return ordered.find(([name]) => capabilities.includes(name))?.[0] ?? 'posthorn';
}

/** What stands in brackets at the end of its name, or what it says to `skip`. */
function reasonToSkip(title: string, text: string): string | null {
  const [, bracketed] = /\(([^()]+)\)$/.exec(title) ?? [];
  if (bracketed !== undefined) return bracketed;
  const at = text.indexOf(title.slice(0, 40));
  if (at === -1) return null;
  const rest = text.slice(at, at + 1000);
  return /\bskip\(\s*['"`]([^'"`]+)['"`]/.exec(rest)?.[1] ?? null;
}
