import type { Measured } from '../../../release/manifest-schema.ts';
import { listed } from '../../finding.rules.ts';

type Case = Measured<'suites'>['cases'][number];

/**
 * What is wrong with the cases that a suite must have; null when each was there and ran well.
 * @param names all that the suite must have
 */
export function faultOfSuite(cases: readonly Case[], suite: string, names: readonly string[]): string | null {
  const own = new Map(cases.filter((each) => each.suite === suite).map((each) => [each.case, each]));
  const missing = names.filter((name) => !own.has(name));
  const failing = [...own.values()].filter(({ failed }) => failed > 0).map((each) => each.case);
  const idle = names.filter((name) => own.get(name)?.passed === 0);
  if (missing.length > 0) return `No test of ${suite}: ${listed(missing)}.`;
  if (failing.length > 0) return `Failed, of ${suite}: ${listed(failing)}.`;
  if (idle.length > 0) return `Skipped, of ${suite}: ${listed(idle)}.`;
  return null;
}
