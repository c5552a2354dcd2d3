import type { ProblemPointer } from '../problem.ts';
import type { Policy } from './policy.ts';

/** What a user set of a policy. */
export type PolicySettings = { [Part in keyof Policy]?: Partial<Policy[Part]> };

/** Nothing leaves a value as it is, null gives it its default again: a part's values, or all of a part. */
export type PolicyChange = {
  [Part in keyof Policy]?: { [Name in keyof Policy[Part]]?: Policy[Part][Name] | null | undefined } | null | undefined;
};

type Values = Record<string, unknown>;

/** What is set after a change. */
export function changePolicy(before: PolicySettings, change: PolicyChange): PolicySettings {
  const after: Record<string, Values> = { ...(before as Record<string, Values>) };
  for (const [part, values] of Object.entries(change as Record<string, Values | null | undefined>)) {
    if (values === undefined) continue;
    const given = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
    const together = values === null ? [] : Object.entries({ ...after[part], ...Object.fromEntries(given) });
    const set = together.filter(([, value]) => value !== null);
    if (set.length === 0) delete after[part];
    else after[part] = Object.fromEntries(set);
  }
  return after;
}

/** What is set, and the defaults for the rest. What this release does not know is left out. */
export function effectivePolicy(defaults: Policy, set: PolicySettings): Policy {
  const stored = set as Record<string, Values | undefined>;
  const parts = Object.entries(defaults as Record<string, Values>).map(([part, values]): [string, Values] => [
    part,
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, stored[part]?.[name] ?? value])),
  ]);
  return Object.fromEntries(parts) as Policy;
}

/**
 * What is wrong with values that are within their bounds one by one, but not together.
 * @param budgets names of the provider's budgets: a limit of another name would limit nothing.
 */
export function policyProblems(policy: Policy, budgets: readonly string[]): ProblemPointer[] {
  const problems: ProblemPointer[] = [];
  const { baseMs, mostMs } = policy.retries;
  if (baseMs > mostMs) {
    const message = `must be at most mostMs, which is ${mostMs}`;
    problems.push({ pointer: '/policy/retries/baseMs', message });
  }
  const seen = new Set<string>();
  for (const [index, { name }] of policy.budget.limits.entries()) {
    const pointer = `/policy/budget/limits/${index}/name`;
    if (seen.has(name)) problems.push({ pointer, message: 'names a budget twice' });
    else if (!budgets.includes(name)) problems.push({ pointer, message: unknownBudget(budgets) });
    seen.add(name);
  }
  return problems;
}

function unknownBudget(budgets: readonly string[]): string {
  if (budgets.length === 0) return 'is no budget of this provider: none is published';
  return `is no budget of this provider: it must be one of ${budgets.join(', ')}`;
}
