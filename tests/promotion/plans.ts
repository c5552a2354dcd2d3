import type { LaunchPlan } from '../../src/promotion/launch-plan.ts';

/** A whole plan, by one member and their deputy. */
export function planBy(
  [owner, deputy]: [string, string],
  connection: string,
  nowMs: number,
  more: Partial<LaunchPlan> = {},
): LaunchPlan {
  const at = (hours: number): string => new Date(nowMs + hours * 3_600_000).toISOString();
  const threshold = (name: LaunchPlan['thresholds'][number]['name'], limit: number) => ({
    name,
    limit,
    forSeconds: 300,
    decides: owner,
    action: 'Roll back, and tell support.',
  });
  const step = { title: 'Switch', owner, minutes: 10, action: 'posthorn promote', stopIf: 'anything fails' };
  return {
    criteria: { checksPercent: 100, waiversMost: 0, decides: owner },
    thresholds: [
      threshold('errorPercent', 5),
      threshold('p95Ms', 2_000),
      threshold('deliverySuccessPercent', 99),
      threshold('deadLetters', 3),
      threshold('rejectedDocuments', 10),
      threshold('failedSignatures', 5),
    ],
    window: { from: at(1), until: at(3) },
    steps: [
      { ...step, when: 'before', at: at(0) },
      { ...step, when: 'during', at: at(1) },
      { ...step, when: 'after', at: at(4) },
    ],
    walkedThrough: { at: at(-24), minutes: 40 },
    rampUp: [{ percent: 100, from: at(1), connection, budget: 'calls', limit: 2_000, windowMs: 60_000 }],
    phases: (['launch-day', 'first-week', 'weeks-2-4', 'ongoing'] as const).map((name) => ({
      name,
      everyMinutes: 5,
      checks: [],
      reviewer: owner,
      deputy,
    })),
    requirements: [],
    duties: [],
    carriedOver: { templates: [] },
    retrospective: null,
    ...more,
  };
}
