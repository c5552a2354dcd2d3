/** When an item of a checklist is asked for, from first to last. Only what is asked for in the first counts before a launch. */
export const phases = ['prepare', 'launch-day', 'first-week', 'first-month', 'ongoing'] as const;
export type Phase = (typeof phases)[number];

/** The first of the phases in which something is asked for; null where it is asked for in none. */
export function firstPhase(items: readonly { phase: string }[]): Phase | null {
  return phases.find((phase) => items.some((item) => item.phase === phase)) ?? null;
}
