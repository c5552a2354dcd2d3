import type { LeftReading } from '../../providers/api-profile.ts';

type Span = { sinceMs: number; untilMs: number };
type Left = Span & { remaining: number };

/** What answers told of limits, beside the budgets that are counted, by scope: of which calls it holds. */
export type ToldLimits = {
  /** A 429 asked to stay away until then. */
  readonly held: ReadonlyMap<string, Span>;
  /** What is left, where no limit is published. */
  readonly left: ReadonlyMap<string, Left>;
};

export type ToldTaken =
  | { allowed: true; told: ToldLimits /** Null: nothing is known. */; remaining: number | null }
  | { allowed: false; waitMs: number };

export const nothingTold: ToldLimits = { held: new Map(), left: new Map() };

/**
 * No answer says whether a limit is of the account or of one resource: after this, calls go out and see. So what one
 * resource asks for cannot stop the others for an hour.
 */
const longestMs = 60_000;

/** Calls that use up the same budgets meet the same limit, as far as is published. */
export function scopeOf(budgets: readonly string[]): string {
  return budgets.join(' ');
}

/** A call was answered 429 with a time to come back at. What was asked before is not cut short by it. */
export function hold(told: ToldLimits, scope: string, askedMs: number, nowMs: number): ToldLimits {
  if (askedMs <= 0) return told;
  const known = told.held.get(scope);
  const untilMs = nowMs + Math.min(askedMs, longestMs);
  if (known !== undefined && isOn(known, nowMs) && known.untilMs >= untilMs) return told;
  return { ...told, held: new Map(told.held).set(scope, { sinceMs: nowMs, untilMs }) };
}

/**
 * Takes over what an answer says to be left. The newest one holds, and not the least: some APIs give back one call after
 * the other, and some count resources apart. What is over says nothing.
 */
export function noteLeft(told: ToldLimits, scope: string, reading: LeftReading, nowMs: number): ToldLimits {
  const { remaining, resetAtMs } = reading;
  if (resetAtMs <= nowMs) return told;
  return { ...told, left: new Map(told.left).set(scope, { remaining, sinceMs: nowMs, untilMs: resetAtMs }) };
}

/** Takes one call. After `waitMs` there is room, unless others take it meanwhile. */
export function takeTold(told: ToldLimits, scope: string, nowMs: number): ToldTaken {
  const { waitMs, left } = standing(told, scope, nowMs);
  if (waitMs > 0) return { allowed: false, waitMs: Math.ceil(waitMs) };
  if (left === null) return { allowed: true, told: forgotten(told, scope), remaining: null };
  const remaining = Math.max(0, left.remaining - 1);
  return { allowed: true, told: { ...told, left: new Map(told.left).set(scope, { ...left, remaining }) }, remaining };
}

/** A call that never went out gives back what it took at `takenAtMs`, unless an answer has told anew since. */
export function giveBackTold(told: ToldLimits, scope: string, takenAtMs: number): ToldLimits {
  const left = told.left.get(scope);
  if (left === undefined || takenAtMs < left.sinceMs) return told;
  return { ...told, left: new Map(told.left).set(scope, { ...left, remaining: left.remaining + 1 }) };
}

/** What is left by what was told; null where nothing is known. */
export function leftByTold(told: ToldLimits, scope: string, nowMs: number): number | null {
  const { waitMs, left } = standing(told, scope, nowMs);
  return waitMs > 0 ? 0 : (left?.remaining ?? null);
}

/** What holds now of what was told: the budgets of whose calls, what is left, and until when nothing goes out. */
export type ToldNow = { budgets: string[]; remaining: number | null; heldUntilMs: number | null };

/** What holds now, for whoever looks; nothing of what is over. */
export function toldNow(told: ToldLimits, nowMs: number): ToldNow[] {
  const scopes = [...new Set([...told.held.keys(), ...told.left.keys()])];
  return scopes.flatMap((scope) => {
    const { waitMs, left } = standing(told, scope, nowMs);
    if (waitMs === 0 && left === null) return [];
    const heldUntilMs = waitMs > 0 ? nowMs + waitMs : null;
    return [{ budgets: scope === '' ? [] : scope.split(' '), remaining: left?.remaining ?? null, heldUntilMs }];
  });
}

/** How long calls are held back, and what is left while it is known. */
function standing(told: ToldLimits, scope: string, nowMs: number): { waitMs: number; left: Left | null } {
  const span = told.held.get(scope);
  const known = told.left.get(scope);
  const heldMs = span !== undefined && isOn(span, nowMs) ? span.untilMs - nowMs : 0;
  const left = known !== undefined && isOn(known, nowMs) ? known : null;
  const isEmpty = left !== null && left.remaining <= 0;
  const emptyMs = isEmpty ? Math.min(left.untilMs, left.sinceMs + longestMs) - nowMs : 0;
  return { waitMs: Math.max(heldMs, emptyMs), left };
}

/** A clock that was set back ends it too. */
function isOn({ sinceMs, untilMs }: Span, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs < untilMs;
}

/** Without what is over, so that calls without limits cost nothing again. */
function forgotten(told: ToldLimits, scope: string): ToldLimits {
  if (!told.held.has(scope) && !told.left.has(scope)) return told;
  const held = new Map(told.held);
  const left = new Map(told.left);
  held.delete(scope);
  left.delete(scope);
  return held.size + left.size === 0 ? nothingTold : { held, left };
}
