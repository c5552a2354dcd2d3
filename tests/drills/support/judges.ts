import { expect, test } from 'vitest';
import type { Finding } from '../../../src/readiness/finding.ts';

type Case<Facts> = [what: string, change: Partial<Facts>, state: Finding['state']];

/** What all is well with, and what each change makes of it. */
export function judges<Facts extends object>(
  name: string,
  judge: (facts: Facts) => Finding,
  good: NoInfer<Facts>,
  cases: Case<NoInfer<Facts>>[],
): void {
  test.each<Case<Facts>>([['all is well', {}, 'passed'], ...cases])(`${name}: %s`, (_what, change, state) => {
    const { state: found, seen } = judge({ ...good, ...change });
    expect(found, seen).toBe(state);
  });
}
