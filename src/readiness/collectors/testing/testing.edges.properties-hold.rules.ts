import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const pure = [
  'retry schedule',
  'outcome',
  'signatures',
  'breaker',
  'rate budget',
  'polling guard',
  'filters',
  'address ranges',
  'redaction',
];
const leastRuns = 1000;
const leastKilledPercent = 75;

/** Each pure rule held in a thousand random cases, and its tests killed three of four mutants. */
export function judgeProperties(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'properties', ({ rules }) => {
    const byName = new Map(rules.map((each) => [each.rule, each]));
    const seldom = pure.filter((name) => (byName.get(name)?.runs ?? 0) < leastRuns);
    const broken = rules.filter(({ counterexamples }) => counterexamples > 0).map(({ rule }) => rule);
    const surviving = rules.filter(
      ({ mutantsKilledPercent }) => mutantsKilledPercent !== null && mutantsKilledPercent < leastKilledPercent,
    );
    const unmutated = pure.filter((name) => (byName.get(name)?.mutantsKilledPercent ?? null) === null);
    const values = { rules: rules.length, counterexamples: broken.length };
    if (broken.length > 0) return failed(`With a counterexample: ${listed(broken)}.`, values);
    if (seldom.length > 0) return failed(`Fewer than ${leastRuns} runs: ${listed(seldom)}.`, values);
    if (surviving.length > 0) {
      const names = surviving.map(({ rule, mutantsKilledPercent }) => `${rule} (${mutantsKilledPercent} %)`);
      return failed(`Too many mutants survived: ${listed(names)}.`, values);
    }
    if (unmutated.length > 0) return unknown(`No mutants were tried on ${listed(unmutated)}.`, values);
    return passed(`${counted(pure.length, 'pure rule')}, each in ${leastRuns} runs or more.`, values);
  });
}
