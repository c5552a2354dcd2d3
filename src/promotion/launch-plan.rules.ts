import type { ProblemPointer } from '../problem.ts';
import { phaseNames, thresholdNames } from './launch-names.rules.ts';
import type { LaunchPlan } from './launch-plan.ts';

/** What a plan may name. */
export type PlanPlaces = {
  /** Ids of active members. */
  members: ReadonlySet<string>;
  checks: ReadonlySet<string>;
  /** Ids of connections of the review. */
  connections: ReadonlySet<string>;
};

/** What is wrong with a plan that has the right shape: where, and how to mend it. */
export function planProblems(plan: LaunchPlan, places: PlanPlaces): ProblemPointer[] {
  return [
    ...peopleOf(plan).flatMap(([pointer, memberId]) =>
      places.members.has(memberId) ? [] : [{ pointer, message: 'is no active member of the team' }],
    ),
    ...checksOf(plan).flatMap(([pointer, checkId]) =>
      places.checks.has(checkId) ? [] : [{ pointer, message: 'is no check of the catalogue' }],
    ),
    ...repeated(
      '/thresholds',
      plan.thresholds.map(({ name }) => name),
    ),
    ...repeated(
      '/phases',
      plan.phases.map(({ name }) => name),
    ),
    ...timeProblems(plan),
    ...rampProblems(plan, places),
  ];
}

/** Which of the six thresholds have no number. */
export function missingThresholds({ thresholds }: LaunchPlan): string[] {
  return thresholdNames.filter((name) => !thresholds.some((each) => each.name === name));
}

/** Which phases nobody watches. */
export function missingPhases({ phases }: LaunchPlan): string[] {
  return phaseNames.filter((name) => !phases.some((each) => each.name === name));
}

/** Whether the one limit asks for less than the other: success is better when higher, everything else when lower. */
export function isLooser(name: string, limit: number, than: number): boolean {
  return name === 'deliverySuccessPercent' ? limit < than : limit > than;
}

function peopleOf(plan: LaunchPlan): [pointer: string, memberId: string][] {
  return [
    ['/criteria/decides', plan.criteria.decides],
    ...plan.thresholds.map(({ decides }, index): [string, string] => [`/thresholds/${index}/decides`, decides]),
    ...plan.steps.map(({ owner }, index): [string, string] => [`/steps/${index}/owner`, owner]),
    ...plan.phases.flatMap(({ reviewer, deputy }, index): [string, string][] => [
      [`/phases/${index}/reviewer`, reviewer],
      [`/phases/${index}/deputy`, deputy],
    ]),
    ...plan.duties.map(({ owner }, index): [string, string] => [`/duties/${index}/owner`, owner]),
    ...(plan.retrospective?.minutes?.actions ?? []).map(({ owner }, index): [string, string] => [
      `/retrospective/minutes/actions/${index}/owner`,
      owner,
    ]),
  ];
}

function checksOf(plan: LaunchPlan): [pointer: string, checkId: string][] {
  return [
    ...plan.phases.flatMap(({ checks }, index) => listOf(`/phases/${index}/checks`, checks)),
    ...plan.requirements.flatMap(({ checks }, index) => listOf(`/requirements/${index}/checks`, checks)),
    ...plan.duties.map(({ check }, index): [string, string] => [`/duties/${index}/check`, check]),
  ];
}

function listOf(pointer: string, ids: readonly string[]): [string, string][] {
  return ids.map((id, index) => [`${pointer}/${index}`, id]);
}

function repeated(pointer: string, names: readonly string[]): ProblemPointer[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ pointer: `${pointer}/${index}/name`, message: `names ${name} twice` }] : [],
  );
}

function timeProblems({ window, steps, phases }: LaunchPlan): ProblemPointer[] {
  const [fromMs, untilMs] = [Date.parse(window.from), Date.parse(window.until)];
  const problems: ProblemPointer[] =
    untilMs > fromMs ? [] : [{ pointer: '/window/until', message: 'must be after from' }];
  for (const [index, { when, at }] of steps.entries()) {
    const atMs = Date.parse(at);
    const fits =
      when === 'before' ? atMs < fromMs : when === 'after' ? atMs >= untilMs : atMs >= fromMs && atMs < untilMs;
    if (!fits) problems.push({ pointer: `/steps/${index}/at`, message: `does not lie ${when} the window` });
  }
  for (const [index, { reviewer, deputy }] of phases.entries()) {
    if (reviewer === deputy) problems.push({ pointer: `/phases/${index}/deputy`, message: 'must be another person' });
  }
  return problems;
}

function rampProblems({ rampUp }: LaunchPlan, { connections }: PlanPlaces): ProblemPointer[] {
  return rampUp.flatMap((step, index): ProblemPointer[] => {
    const before = rampUp.slice(0, index).findLast(({ connection }) => connection === step.connection);
    const pointer = `/rampUp/${index}`;
    if (!connections.has(step.connection)) {
      return [{ pointer: `${pointer}/connection`, message: 'is no connection of the review' }];
    }
    if (before === undefined) return [];
    if (Date.parse(step.from) <= Date.parse(before.from))
      return [{ pointer: `${pointer}/from`, message: 'must be later than the step before' }];
    return step.percent > before.percent
      ? []
      : [{ pointer: `${pointer}/percent`, message: 'must be more than before' }];
  });
}
