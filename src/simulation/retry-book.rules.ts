import type { Planned } from './plan.rules.ts';

/** One attempt that is to be made. */
export type Sending = {
  planned: Planned;
  /** From 1. */
  attempt: number;
  /** In milliseconds since the simulation began, at the pace of its own world. */
  dueMs: number;
};

/** The plan as it is taken from. */
export type PlanSource = Iterator<Planned, void>;

export type Settlement = 'acknowledged' | 'again' | 'given up';

/** What a provider does next, decided without doing any of it. */
export type RetryBook = {
  /** What is to be sent next; null while, or because, there is nothing. Whatever it gives has to be settled. */
  next(): Sending | null;
  settle(sending: Sending, acknowledged: boolean, nowMs: number): Settlement;
};

export function nextOf(source: PlanSource): Planned | null {
  const next = source.next();
  return next.done === true ? null : next.value;
}
