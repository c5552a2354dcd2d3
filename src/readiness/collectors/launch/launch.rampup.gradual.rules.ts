import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed } from '../../finding.rules.ts';

/** A step of the plan. */
type Step = { fromMs: number; percent: number; budget: string; limit: number; windowMs: number };

export type RampUp =
  | { concerned: false; why: string }
  | {
      concerned: true;
      /** Of this connection, oldest first. */
      steps: readonly Step[];
      /** What the connection's policy limits calls to. */
      limits: readonly { name: string; limit: number; windowMs: number }[];
      /** Calls to the provider by hour since the first step, 7 days at most. */
      hours: readonly { startMs: number; calls: number }[];
    };

const hourMs = 3_600_000;
const tolerance = 1.1;

/** The budget in force is no wider than the step that the plan is at, and no hour had over 110 % of its step. */
export function judgeRampUp(facts: RampUp, nowMs: number): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { steps, limits, hours } = facts;
  const at = (atMs: number): Step | undefined => steps.findLast(({ fromMs }) => fromMs <= atMs);
  const step = at(nowMs) ?? steps[0];
  const values = { steps: steps.length, hours: hours.length, percent: step?.percent ?? null };
  const command = 'PATCH /v1/teams/{team}/connections/{connection} {"policy": {"budget": {"limits": […]}}}';
  if (step === undefined) return failed('The plan has no step for this connection: nothing caps it.', values, command);
  const limit = limits.find(({ name }) => name === step.budget);
  if (limit === undefined || perHour(limit) > perHour(step)) {
    const is = limit === undefined ? 'nothing' : `${limit.limit} in ${limit.windowMs / 1000} s`;
    const seen = `The plan is at ${step.percent} % (${step.limit} in ${step.windowMs / 1000} s), and calls are capped by ${is}.`;
    return failed(seen, values, command);
  }
  const over = hours.filter(({ startMs, calls }) => {
    const then = at(startMs + hourMs - 1) ?? steps[0];
    return then !== undefined && calls > perHour(then) * tolerance;
  });
  if (over.length > 0)
    return failed(`${counted(over.length, 'hour')} had more calls than the step allows.`, values, command);
  return passed(`Calls keep to the step of ${step.percent} %.`, values);
}

function perHour({ limit, windowMs }: { limit: number; windowMs: number }): number {
  return (limit * hourMs) / windowMs;
}
