import type { CallError } from '../calls/call-ledger.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { ConnectionState } from './connection-state.ts';
import { openBudgets, remainingBudgets } from './policy/rate-budget.rules.ts';
import { type ToldNow, toldNow } from './policy/told-limits.rules.ts';

/** How a connection is, as this node sees it. Times are null until something happened since the node started. */
export type ConnectionHealth = {
  breaker: 'closed' | 'open' | 'half-open';
  lastSuccessAtMs: number | null;
  lastFailure: { error: CallError; atMs: number } | null;
  underWay: number;
  waiting: number;
  budgets: { name: string; limit: number; remaining: number; windowMs: number }[];
  told: ToldNow[];
};

/** @param state null: nothing was called through it since this node started */
export function healthOf(connection: ConnectionConfig, state: ConnectionState | null, nowMs: number): ConnectionHealth {
  const { profile, environment, policy } = connection;
  const budgets = state?.budgets ?? openBudgets(profile.budgets(environment), policy.budget.limits);
  return {
    breaker: state?.circuit.state ?? 'closed',
    lastSuccessAtMs: state?.lastSuccessAtMs ?? null,
    lastFailure: state?.lastFailure ?? null,
    underWay: state?.turns.underWay ?? 0,
    waiting: state?.turns.waiting ?? 0,
    budgets: remainingBudgets(budgets, nowMs),
    told: state === null ? [] : toldNow(state.told, nowMs),
  };
}
