import type { PhaseName } from './launch-names.rules.ts';
import type { LaunchPlan, Threshold } from './launch-plan.ts';
import type { Measure, WatchFigures, WatchFinding } from './watch.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Without a plan, or where it says nothing of a phase. */
const defaultMinutes: Readonly<Record<PhaseName, number>> = {
  'launch-day': 5,
  'first-week': 15,
  'weeks-2-4': 60,
  ongoing: 60,
};

/** Which phase a time after the promotion lies in. */
export function phaseAt(startedAtMs: number, nowMs: number): PhaseName {
  const days = (nowMs - startedAtMs) / dayMs;
  if (days < 1) return 'launch-day';
  if (days < 7) return 'first-week';
  return days < 28 ? 'weeks-2-4' : 'ongoing';
}

/** How long until it is looked again. */
export function restMs(plan: LaunchPlan | null, phase: PhaseName): number {
  const planned = plan?.phases.find(({ name }) => name === phase)?.everyMinutes;
  return (planned ?? defaultMinutes[phase]) * minuteMs;
}

/** Whether a value is beyond a limit. What did not happen is not: nothing failed where nothing was tried. */
function isBeyond({ name, limit }: Threshold, value: number | null): boolean {
  if (value === null) return false;
  return name === 'deliverySuccessPercent' ? value < limit : value > limit;
}

/**
 * Every figure against its limit. One is crossed when it was beyond its limit at each look for as long as the plan says.
 * @param exceeded since when limits were exceeded at the look before, Unix milliseconds
 */
export function judgeFigures(
  figures: WatchFigures,
  thresholds: readonly Threshold[],
  exceeded: Readonly<Record<string, number>>,
  nowMs: number,
): Measure[] {
  return (Object.entries(figures) as [keyof WatchFigures, number | null][]).map(([name, value]) => {
    const threshold = thresholds.find((each) => each.name === name);
    const beyond = threshold !== undefined && isBeyond(threshold, value);
    const sinceMs = beyond ? (exceeded[name] ?? nowMs) : null;
    return {
      name,
      value,
      limit: threshold?.limit ?? null,
      exceededSince: sinceMs === null ? null : new Date(sinceMs).toISOString(),
      crossed: beyond && sinceMs !== null && nowMs - sinceMs >= threshold.forSeconds * 1000,
    };
  });
}

/** What is to be said and done about the limits that are crossed. */
export function limitFindings(measures: readonly Measure[], thresholds: readonly Threshold[]): WatchFinding[] {
  return measures.flatMap(({ name, value, crossed }): WatchFinding[] => {
    const threshold = thresholds.find((each) => each.name === name);
    if (!crossed || threshold === undefined) return [];
    const { limit, forSeconds, decides, action } = threshold;
    const what = `${name} is ${value ?? 'nothing'}, and the limit is ${limit}, for ${forSeconds} s or longer.`;
    return [{ kind: 'limit', what, decides, action }];
  });
}

/** A check as it is watched. */
export type WatchedCheck = {
  key: string;
  checkId: string;
  severity: string;
  state: string;
  why: string;
  remedy: string;
};

const good: ReadonlySet<string> = new Set(['passed', 'attested', 'waived', 'not-applicable']);

/**
 * Checks that held at the look before and do not any more: they failed, or their evidence is stale. Minor ones are not
 * what a review is reopened for. What is unknown says nothing.
 * @param before states by key
 */
export function checkFindings(
  before: Readonly<Record<string, string>>,
  checks: readonly WatchedCheck[],
  decides: string | null,
): WatchFinding[] {
  return checks.flatMap(({ key, checkId, severity, state, why, remedy }): WatchFinding[] => {
    const was = before[key];
    if (severity === 'minor' || was === state) return [];
    if (state === 'failed')
      return [{ kind: 'check-failed', what: `${checkId} failed: ${why}`, decides, action: remedy }];
    const isLost = state === 'stale' && was !== undefined && good.has(was);
    return isLost ? [{ kind: 'evidence-stale', what: `${checkId} is stale: ${why}`, decides, action: remedy }] : [];
  });
}

/** The day of a time, UTC: `2026-11-21`. */
export function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

/** Part of a whole as a percentage with up to two decimals; null of nothing. */
export function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 100;
}
