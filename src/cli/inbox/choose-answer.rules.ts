import type { Verdict } from './verify-webhook.rules.ts';

/** What an inbox was told to do. With `failFirst` the rest shapes those failures, else it shapes every answer. */
export type AnswerPlan = {
  /** Attempts of each delivery to fail. `null`: no counting. */
  failFirst: number | null;
  status: number | null;
  hangMs: number;
  retryAfterSeconds: number | null;
};

export type Answer = { status: number; hangMs: number; retryAfterSeconds: number | null };

export const obedient: AnswerPlan = { failFirst: null, status: null, hangMs: 0, retryAfterSeconds: null };

/** `attempt` counts from 1. A webhook whose signature does not hold is refused, as a careful receiver does. */
export function chooseAnswer(plan: AnswerPlan, attempt: number, verdict: Verdict, secretGiven: boolean): Answer {
  const failing = plan.failFirst !== null && attempt <= plan.failFirst;
  const { hangMs, retryAfterSeconds } = plan;
  if (failing) return { status: plan.status ?? (retryAfterSeconds === null ? 500 : 503), hangMs, retryAfterSeconds };
  if (secretGiven && verdict.state !== 'verified') return { status: 401, hangMs: 0, retryAfterSeconds: null };
  if (plan.failFirst !== null) return { status: 200, hangMs: 0, retryAfterSeconds: null };
  return { status: plan.status ?? (retryAfterSeconds === null ? 200 : 503), hangMs, retryAfterSeconds };
}
