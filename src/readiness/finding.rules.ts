import type { Finding, MeasuredValue } from './finding.ts';

type Values = Readonly<Record<string, MeasuredValue['value']>>;

/** Values in the order given. */
function valuesOf(values: Values): MeasuredValue[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

export function passed(seen: string, values: Values = {}): Finding {
  return { state: 'passed', seen, values: valuesOf(values), command: null };
}

/** @param command what to run or open to mend it. */
export function failed(seen: string, values: Values = {}, command: string | null = null): Finding {
  return { state: 'failed', seen, values: valuesOf(values), command };
}

/** @param seen why it could not be decided. */
export function unknown(seen: string, values: Values = {}, command: string | null = null): Finding {
  return { state: 'unknown', seen, values: valuesOf(values), command };
}

/** @param seen why it does not concern this subject. */
export function notApplicable(seen: string): Finding {
  return { state: 'not-applicable', seen, values: [], command: null };
}

const namedMost = 5;

/** `a, b and 3 more`: a list that stays short, whatever its length. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, namedMost);
  const left = names.length - shown.length;
  if (left > 0) return `${shown.join(', ')} and ${left} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** `1 call`, `2 calls`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** A share as a percentage with up to two decimals, rounded down, so that 99.999 never reads as 100. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part / whole) * 10_000) / 100;
}

/** The last `days` days as the text of a finding names them. */
export const dayMs = 86_400_000;
