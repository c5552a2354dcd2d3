import { Problem } from '../problem.ts';
import { type Call, CallerGone, elapsedOf, pause, refusal } from './call.ts';
import { type CircuitPass, type CircuitResult, enterCircuit, leaveCircuit } from './policy/circuit-breaker.rules.ts';
import { QueueFull, WaitedTooLong } from './policy/concurrency.ts';
import { giveBack, take } from './policy/rate-budget.rules.ts';
import { giveBackTold, nothingTold, scopeOf, takeTold } from './policy/told-limits.rules.ts';

/**
 * The breaker's leave to send one try; `leavePass` has to be called with it.
 * @throws Problem provider_unavailable
 */
export function enterBreaker(call: Call): CircuitPass {
  const { state } = call;
  const entry = enterCircuit(state.circuit, state.config.policy.breaker, call.calling.ports.clock.now());
  state.circuit = entry.circuit;
  if (entry.allowed) return entry.pass;
  const seconds = Math.max(1, Math.ceil(entry.waitMs / 1000));
  const detail = `${state.config.profile.title} failed too often through this connection; calls go out again in ${seconds} s, one at first.`;
  throw refusal(call, 'breaker_open', new Problem('provider_unavailable', detail, { retryAfterSeconds: seconds }));
}

export function leaveBreaker(call: Call, pass: CircuitPass, result: CircuitResult): void {
  const { state } = call;
  const before = state.circuit;
  const { ports } = call.calling;
  state.circuit = leaveCircuit(before, pass, result, state.config.policy.breaker, ports.clock.now());
  if (state.circuit.state === 'open' && before.state !== 'open') ports.onBreakerOpened?.(state.config);
}

/**
 * A turn among the calls of the connection: at once, or waited for.
 * @returns what gives the turn back
 * @throws Problem call_queue_full, or CallerGone
 */
export function takeTurn(call: Call): (() => void) | Promise<() => void> {
  return call.state.turns.takeFree(call.incoming.apiKeyId) ?? waitForTurn(call);
}

async function waitForTurn(call: Call): Promise<() => void> {
  try {
    return await call.state.turns.acquire(call.incoming.apiKeyId, call.departure.signal);
  } catch (error) {
    if (error instanceof QueueFull || error instanceof WaitedTooLong) {
      throw refusal(call, 'queue_full', new Problem('call_queue_full', error.message, { retryAfterSeconds: 1 }));
    }
    throw call.departure.hasLeft ? new CallerGone() : error;
  }
}

/**
 * Takes one call from its budgets, and of what answers told to be left, waiting as long as the policy allows.
 * @returns when it was taken, to give it back
 * @throws Problem budget_exhausted, or CallerGone
 */
export async function spendBudget(call: Call, waitMs: number): Promise<number> {
  const { state } = call;
  const { clock, monotonicMs } = call.calling.ports;
  const seeding = state.seedBudgets();
  if (seeding !== null) await seeding;
  if (state.budgets.size === 0 && state.told === nothingTold) {
    call.budgetRemaining = null;
    return clock.now();
  }
  const names = state.config.profile.budgetsOf(call.request);
  const untilMs = monotonicMs() + waitMs;
  for (;;) {
    const nowMs = clock.now();
    const told = state.told === nothingTold ? null : takeTold(state.told, scopeOf(names), nowMs);
    let waitMs = told?.allowed === false ? told.waitMs : 0;
    let budget: string | null = null;
    if (waitMs === 0) {
      const taken = take(state.budgets, names, nowMs);
      state.budgets = taken.state;
      if (taken.allowed) {
        if (told?.allowed === true) state.told = told.told;
        call.budgetRemaining = least(taken.remaining, told?.allowed === true ? told.remaining : null);
        return nowMs;
      }
      ({ waitMs, budget } = taken);
    }
    call.budgetRemaining = 0;
    if (monotonicMs() + waitMs > untilMs) throw exhausted(call, budget, waitMs);
    await pause(call, waitMs);
  }
}

/** A call that never went out gives back what it took at that moment. */
export function returnBudget({ state, request }: Call, takenAtMs: number): void {
  const names = state.config.profile.budgetsOf(request);
  state.budgets = giveBack(state.budgets, names, takenAtMs);
  if (state.told !== nothingTold) state.told = giveBackTold(state.told, scopeOf(names), takenAtMs);
}

function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** How long a call may wait for budget now: what its policy says, within the time that it has. */
export function budgetWaitMs(call: Call): number {
  const { budget, timeouts } = call.state.config.policy;
  return Math.min(budget.waitMs, Math.max(0, timeouts.totalMs - elapsedOf(call)));
}

/** @param budget null: an answer asked to wait */
function exhausted(call: Call, budget: string | null, waitMs: number): Problem {
  const { title } = call.state.config.profile;
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const why =
    budget === null ? `${title} asked for no more calls now` : `The budget "${budget}" of ${title} is used up`;
  const detail = `${why}; the next call can go out in ${seconds} s.`;
  return refusal(call, 'budget_exhausted', new Problem('budget_exhausted', detail, { retryAfterSeconds: seconds }));
}
