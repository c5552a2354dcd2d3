import { isLooser } from '../../../promotion/launch-plan.rules.ts';
import type { LaunchPlan } from '../../../promotion/launch-plan.ts';
import type { Finding } from '../../finding.ts';
import { counted, dayMs, listed } from '../../finding.rules.ts';
import {
  fault,
  judgeEach,
  noReview,
  notYet,
  type OfOne,
  open,
  planCommand,
  sound,
  withPlan,
} from './each-launch.rules.ts';
import type { StandingLaunch, StandingLaunches, StoodCheck } from './review-stand.ts';

const runCommand = 'posthorn review run <review>';
const good: ReadonlySet<string> = new Set(['passed', 'attested', 'not-applicable']);
/** A snapshot that is older says nothing of now. */
const snapshotMs = dayMs;
const aheadMs = 14 * dayMs;
const promoted = 'Everything that is worked on is promoted: this was decided then.';

/** How a review stands, where that is known of now. */
function withStand(
  { stand }: StandingLaunch,
  nowMs: number,
  judge: (stand: NonNullable<StandingLaunch['stand']>) => OfOne,
): OfOne {
  if (stand === null) return open('it was never measured.');
  if (nowMs - stand.confirmedAtMs > snapshotMs) return open('it was not measured within 24 hours.');
  return judge(stand);
}

const idsOf = (checks: readonly StoodCheck[]): string => listed([...new Set(checks.map(({ checkId }) => checkId))]);

/** No blocker failed, and whoever sees to a major that failed is named, with a date. */
export function judgeNoneCritical({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withStand(launch, nowMs, ({ checks }) => {
        const failedOnes = checks.filter(({ state }) => state === 'failed');
        const critical = failedOnes.filter(({ severity }) => severity === 'blocker');
        if (critical.length > 0) return fault(`${idsOf(critical)} failed.`);
        const unseen = failedOnes.filter(({ severity, isAssigned }) => severity === 'major' && !isAssigned);
        return unseen.length > 0 ? fault(`nobody sees to ${idsOf(unseen)}, with a date.`) : sound;
      }),
    {
      holds: 'No blocker failed, and each major that did has an owner and a date.',
      none: noReview,
      command: runCommand,
    },
  );
}

/** Every demand of the plan names checks; their blockers and majors passed, and none is waived. */
export function judgePerformanceMet({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withPlan(launch, ({ requirements }) => {
        if (requirements.length === 0) return fault('nothing is demanded of performance.');
        const bare = requirements.find(({ checks }) => checks.length === 0);
        if (bare !== undefined) return fault(`the demand "${bare.demand}" names no check.`);
        const wanted = new Set(requirements.flatMap(({ checks }) => checks));
        return withStand(launch, nowMs, ({ checks }) => {
          const missing = [...wanted].filter((id) => !checks.some(({ checkId }) => checkId === id));
          if (missing.length > 0) return fault(`${listed(missing)} is not part of the review.`);
          const unmet = checks.filter(
            ({ checkId, severity, state }) =>
              wanted.has(checkId) && severity !== 'minor' && state !== 'passed' && state !== 'not-applicable',
          );
          return unmet.length > 0 ? fault(`${idsOf(unmet)} did not pass.`) : sound;
        });
      }),
    { holds: 'Every demand on performance is met by checks that passed.', none: noReview, command: planCommand },
  );
}

const waivedMost = 2;

/** Blockers on security hold; two majors are waived at most, for 14 days or more to come. */
export function judgeSecurityMet({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withStand(launch, nowMs, ({ checks }) => {
        const own = checks.filter(({ section }) => section === 'security');
        if (own.length === 0) return open('it holds no check on security.');
        const bad = own.filter(({ severity, state }) => severity === 'blocker' && !good.has(state));
        if (bad.length > 0) return fault(`${idsOf(bad)} does not hold.`);
        const waived = own.filter(({ state }) => state === 'waived');
        if (waived.length > waivedMost) return fault(`${counted(waived.length, 'check')} on security are waived.`);
        const ending = waived.filter(({ expiresAtMs }) => (expiresAtMs ?? 0) < nowMs + aheadMs);
        return ending.length > 0 ? fault(`the waiver of ${idsOf(ending)} ends within 14 days.`) : sound;
      }),
    {
      holds: 'What is demanded of security holds, but for little and for a while.',
      none: noReview,
      command: runCommand,
    },
  );
}

/** Blockers on compliance hold, every question of scope is answered, and attestations are good for 14 days more. */
export function judgeComplianceMet({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withStand(launch, nowMs, ({ checks, openQuestions }) => {
        if (openQuestions.length > 0) return fault(`not answered: ${listed(openQuestions)}.`);
        const own = checks.filter(({ section }) => section === 'compliance');
        if (own.length === 0) return open('it holds no check on compliance.');
        const bad = own.filter(({ severity, state }) => severity === 'blocker' && !good.has(state));
        if (bad.length > 0) return fault(`${idsOf(bad)} does not hold.`);
        const ending = own.filter(
          ({ state, expiresAtMs }) => state === 'attested' && (expiresAtMs ?? 0) < nowMs + aheadMs,
        );
        return ending.length > 0 ? fault(`the attestation of ${idsOf(ending)} ends within 14 days.`) : sound;
      }),
    { holds: 'What law and contracts demand holds, for these answers.', none: noReview, command: runCommand },
  );
}

/** Of what is not promoted yet: evidence on blockers is there, and lasts until the window closes. */
export function judgeFreshAtStart({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      launch.live.length > 0
        ? notYet
        : withPlan(launch, ({ window }) =>
            withStand(launch, nowMs, ({ checks }) => {
              const blockers = checks.filter(({ severity }) => severity === 'blocker');
              const missing = blockers.filter(({ state }) => state === 'stale' || state === 'unknown');
              if (missing.length > 0) return fault(`there is no evidence of now on ${idsOf(missing)}.`);
              const untilMs = Date.parse(window.until);
              const ending = blockers.filter(
                ({ state, expiresAtMs }) => state !== 'not-applicable' && expiresAtMs !== null && expiresAtMs < untilMs,
              );
              return ending.length > 0 ? fault(`evidence on ${idsOf(ending)} ends before the window closes.`) : sound;
            }),
          ),
    {
      holds: 'The evidence of all blockers is of now, and lasts through the window.',
      none: promoted,
      command: runCommand,
    },
  );
}

const duties = ['engineering', 'security', 'operations', 'product', 'quality'];

/** Five members signed, each for another duty that they are named for, the evidence as it is, within 14 days. */
export function judgeFiveRoles({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      launch.live.length > 0
        ? notYet
        : withStand(launch, nowMs, ({ evidenceHash }) => {
            const standing = launch.signOffs.filter(
              (each) => each.isNamed && each.evidenceHash === evidenceHash && nowMs - each.signedAtMs <= aheadMs,
            );
            const missing = duties.filter((duty) => !standing.some((each) => each.duty === duty));
            if (missing.length > 0) return fault(`nobody's signature for ${listed(missing)} stands.`);
            const people = new Set(standing.map(({ memberId }) => memberId));
            return people.size < duties.length ? fault('somebody signed for more than one duty.') : sound;
          }),
    {
      holds: 'Five members signed the evidence as it is.',
      none: promoted,
      command: 'posthorn review sign <duty> <review>',
    },
  );
}

/** Limits were set before anybody signed and were not made looser; how it stands keeps to them, and so did what is live. */
export function judgeGoNoGo({ launches }: StandingLaunches, nowMs: number): Finding {
  return judgeEach(
    launches,
    (launch) =>
      withPlan(launch, (plan) => {
        const against = launch.live.find(({ passed, overriddenBy }) => !passed && overriddenBy === null);
        if (against !== undefined) return fault(`${against.connectionId} was promoted against the criteria.`);
        const loosened = loosenedSince(launch);
        if (loosened !== null) return fault(loosened);
        if (launch.live.length > 0) return sound;
        return withStand(launch, nowMs, ({ checks, waivers }) => {
          const concerned = checks.filter(({ state }) => state !== 'not-applicable');
          const holding = concerned.filter(({ state }) => state === 'passed' || state === 'attested').length;
          const percent = concerned.length === 0 ? 0 : (holding / concerned.length) * 100;
          const { checksPercent, waiversMost } = plan.criteria;
          if (percent < checksPercent)
            return fault(`${Math.floor(percent)} % of the checks hold, and ${checksPercent} % have to.`);
          return waivers > waiversMost
            ? fault(`${counted(waivers, 'check')} are waived, and ${waiversMost} may be.`)
            : sound;
        });
      }),
    {
      holds: 'What decides was settled before anybody signed, and is fulfilled.',
      none: noReview,
      command: planCommand,
    },
  );
}

/** Which limit of the plan in force asks for less than the plan that was signed; null for none. */
function loosenedSince({ plans, firstSignedAtMs }: StandingLaunch): string | null {
  if (firstSignedAtMs === null) return null;
  const [newest] = plans;
  const signed = plans.find(({ setAtMs }) => setAtMs <= firstSignedAtMs);
  if (newest === undefined) return null;
  if (signed === undefined) return 'its limits were set after the first signature.';
  return loosened(signed.plan, newest.plan);
}

function loosened(before: LaunchPlan, after: LaunchPlan): string | null {
  const { criteria } = after;
  if (criteria.checksPercent < before.criteria.checksPercent)
    return 'fewer checks have to hold than when it was signed.';
  if (criteria.waiversMost > before.criteria.waiversMost) return 'more may be waived than when it was signed.';
  for (const was of before.thresholds) {
    const is = after.thresholds.find(({ name }) => name === was.name);
    if (is === undefined) return `the limit on ${was.name} was taken out after the first signature.`;
    if (isLooser(was.name, is.limit, was.limit) || is.forSeconds > was.forSeconds) {
      return `the limit on ${was.name} was made looser after the first signature.`;
    }
  }
  return null;
}
