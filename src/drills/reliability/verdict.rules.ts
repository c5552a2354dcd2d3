import { failed, passed } from '../../readiness/finding.rules.ts';
import type { Finding, MeasuredValue } from '../../readiness/finding.ts';

/** What is wrong when something does not hold. */
export type Demand = readonly [holds: boolean, otherwise: string];

/**
 * Passed when every demand holds; failed with everything that does not.
 * @param seen what is said when all is well.
 */
export function verdict(
  demands: readonly Demand[],
  seen: string,
  values: Readonly<Record<string, MeasuredValue['value']>>,
): Finding {
  const problems = demands.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
  return problems.length === 0 ? passed(seen, values) : failed(problems.join(' '), values);
}

/** The value below which this share of the values lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0;
}
