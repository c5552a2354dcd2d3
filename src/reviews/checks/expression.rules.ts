import type { CheckStatus } from '../../readiness/create-readiness.ts';
import { counted, failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding, MeasuredValue } from '../../readiness/finding.ts';
import type { Comparison, Rule } from './team-check.ts';

/** How a check stands for one subject, as far as a rule looks at it. */
export type Stood = {
  checkId: string;
  subjectId: string;
  state: CheckStatus['state'];
  values: readonly MeasuredValue[];
};

/** Null: neither true nor false. `because` names the leaves that were not true. */
type Truth = { holds: boolean | null; because: readonly string[] };

/** What a rule says of how other checks stand now. */
export function judgeExpression(rule: Rule, stood: readonly Stood[]): Finding {
  const byCheck = Map.groupBy(stood, ({ checkId }) => checkId);
  const { holds, because } = truthOf(rule, byCheck);
  const figures = { lookedAtChecks: new Set(leavesOf(rule)).size, notTrue: because.length };
  if (holds === true) return passed(`The rule over ${counted(figures.lookedAtChecks, 'check')} holds.`, figures);
  if (holds === false) return failed(`The rule does not hold: ${listed(because)}.`, figures);
  return unknown(`The rule is neither true nor false: ${listed(because)}. Have those measured first.`, figures);
}

/** The checks that a rule looks at, in its order, with repeats. */
export function leavesOf(rule: Rule): string[] {
  if ('all' in rule) return rule.all.flatMap(leavesOf);
  if ('any' in rule) return rule.any.flatMap(leavesOf);
  return 'not' in rule ? leavesOf(rule.not) : [rule.check];
}

function truthOf(rule: Rule, stood: ReadonlyMap<string, readonly Stood[]>): Truth {
  if ('all' in rule) {
    return every(rule.all.map((each) => truthOf(each, stood)));
  }
  if ('any' in rule) {
    const parts = rule.any.map((each) => truthOf(each, stood));
    if (parts.some(({ holds }) => holds === true)) return { holds: true, because: [] };
    const isOpen = parts.some(({ holds }) => holds === null);
    return { holds: isOpen ? null : false, because: parts.flatMap(({ because }) => because) };
  }
  if ('not' in rule) {
    const { holds, because } = truthOf(rule.not, stood);
    if (holds === null) return { holds, because };
    return holds ? { holds: false, because: [`not (${leavesOf(rule.not).join(', ')})`] } : { holds: true, because: [] };
  }
  const subjects = stood.get(rule.check) ?? [];
  if (subjects.length === 0) return { holds: null, because: [`${rule.check} is about nothing here`] };
  return every(subjects.map((each) => leafTruth(rule, each)));
}

/** False where one is false; else open where one is open. */
function every(parts: readonly Truth[]): Truth {
  const [wrong, open] = [false, null].map((value) => parts.filter(({ holds }) => holds === value));
  const found = (wrong ?? []).length > 0 ? wrong : open;
  if (found === undefined || found.length === 0) return { holds: true, because: [] };
  return { holds: found[0]?.holds ?? null, because: found.flatMap(({ because }) => because) };
}

type Leaf = Exclude<Rule, { all: readonly Rule[] } | { any: readonly Rule[] } | { not: Rule }>;

function leafTruth(leaf: Leaf, { checkId, subjectId, state, values }: Stood): Truth {
  const about = subjectId === 'gateway' || subjectId === 'organisation' ? checkId : `${checkId} (${subjectId})`;
  const isOld = state === 'unknown' || state === 'stale';
  if ('state' in leaf) {
    if (state === leaf.state) return { holds: true, because: [] };
    return { holds: isOld ? null : false, because: [`${about} is ${state}`] };
  }
  if (isOld) return { holds: null, because: [`${about} is ${state}`] };
  const found = values.find(({ name }) => name === leaf.value);
  if (found === undefined) return { holds: null, because: [`${about} has no value ${leaf.value}`] };
  const holds = compares(leaf, found.value);
  return { holds, because: holds ? [] : [`${leaf.value} of ${about} is ${String(found.value)}`] };
}

function compares(comparison: Comparison, value: MeasuredValue['value']): boolean {
  if ('equals' in comparison) return value === comparison.equals;
  if (typeof value !== 'number') return false;
  if ('below' in comparison) return value < comparison.below;
  if ('atMost' in comparison) return value <= comparison.atMost;
  return 'above' in comparison ? value > comparison.above : value >= comparison.atLeast;
}
