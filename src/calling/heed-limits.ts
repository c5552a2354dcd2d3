import type { Call } from './call.ts';
import { learn, remainingBudgets } from './policy/rate-budget.rules.ts';
import { readRetryAfter } from './policy/retry.rules.ts';
import { hold, leftByTold, nothingTold, noteLeft, scopeOf } from './policy/told-limits.rules.ts';

/** Takes over what the head of an answer says of limits, for the calls that come after it. */
export function heedLimits(call: Call, status: number, headers: ReadonlyMap<string, string>): void {
  const { state, request } = call;
  const { profile } = state.config;
  const nowMs = call.calling.ports.clock.now();
  const names = profile.budgetsOf(request);
  state.budgets = learn(state.budgets, profile.readBudgets(headers, nowMs, request), nowMs);
  const left = profile.readLeft?.(headers, nowMs) ?? null;
  if (left !== null) state.told = noteLeft(state.told, scopeOf(names), left, nowMs);
  const askedMs = status === 429 ? readRetryAfter(headers.get('retry-after') ?? null, nowMs) : null;
  if (askedMs !== null) state.told = hold(state.told, scopeOf(names), askedMs, nowMs);
  call.budgetRemaining = scarcest(call, names, nowMs);
}

/** What is left of the call's budgets, in the scarcest one. */
function scarcest({ state }: Call, names: readonly string[], nowMs: number): number | null {
  let least = state.told === nothingTold ? null : leftByTold(state.told, scopeOf(names), nowMs);
  for (const { name, remaining } of remainingBudgets(state.budgets, nowMs)) {
    if (names.includes(name) && (least === null || remaining < least)) least = remaining;
  }
  return least;
}
