import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { LaunchPlan } from '../../../promotion/launch-plan.ts';
import type { Launch } from './launch-facts.ts';

type Values = Parameters<typeof passed>[1];
type OfReview = NonNullable<Finding['reviews']>[string];
/** `open`: it cannot be decided. `not-yet`: it does not concern this review, or not yet. */
export type OfOne = { kind: 'fault' | 'open'; what: string } | { kind: 'sound' } | { kind: 'not-yet' };

export const fault = (what: string): OfOne => ({ kind: 'fault', what });
export const open = (what: string): OfOne => ({ kind: 'open', what });
export const sound: OfOne = { kind: 'sound' };
export const notYet: OfOne = { kind: 'not-yet' };

/** One answer for a team of what each of its reviews comes to, with what it is for each: one does not stop the others. */
export function judgeEach<One extends Pick<Launch, 'reviewId' | 'name'>>(
  launches: readonly One[],
  judge: (launch: One) => OfOne,
  say: { holds: string; none: string; command: string; values?: Values },
): Finding {
  const judged = launches.map((launch) => ({ launch, of: judge(launch) }));
  const saying = (kind: 'fault' | 'open'): string[] =>
    judged.flatMap(({ launch, of }) => (of.kind === kind ? [`${launch.name}: ${of.what}`] : []));
  const [faults, undecided] = [saying('fault'), saying('open')];
  const concerned = judged.filter(({ of }) => of.kind !== 'not-yet').length;
  const reviews = Object.fromEntries(judged.map(({ launch, of }) => [launch.reviewId, findingOfOne(of, say)]));
  return { ...ofAll(), reviews };

  function ofAll(): Finding {
    if (concerned === 0) return notApplicable(say.none);
    const values = { reviews: concerned, faults: faults.length, ...say.values };
    if (faults.length > 0) return failed(faults.slice(0, 3).join(' '), values, say.command);
    if (undecided.length > 0) return unknown(undecided.slice(0, 3).join(' '), values, say.command);
    return passed(say.holds, values);
  }
}

function findingOfOne(of: OfOne, say: { holds: string; none: string; command: string }): OfReview {
  if (of.kind === 'not-yet') return { state: 'not-applicable', seen: say.none, command: null };
  if (of.kind === 'sound') return { state: 'passed', seen: say.holds, command: null };
  const state = of.kind === 'fault' ? 'failed' : 'unknown';
  return { state, seen: `This review: ${of.what}`, command: say.command };
}

/** The plan in force; a fault where there is none. */
export function withPlan(launch: Pick<Launch, 'plans'>, judge: (plan: LaunchPlan) => OfOne): OfOne {
  const [newest] = launch.plans;
  return newest === undefined ? fault('it has no launch plan.') : judge(newest.plan);
}

export const noReview = 'No review is worked on: nothing is about to be launched.';
export const noPromotion = 'Nothing was promoted yet: it is decided from then on.';
export const planCommand = 'PUT /v1/teams/{team}/reviews/{review}/launch-plan';
