import type { DocusignFeature } from '../../declarations/docusign-features.rules.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../readiness/finding.rules.ts';
import type { Finding, MeasuredValue } from '../../readiness/finding.ts';

/** What became of a draft; `feature` null: a plain one. */
export type Trial = {
  feature: DocusignFeature | null;
  /**
   * `refused`: by DocuSign; `lacking`: the account has nothing of it; `dropped`: the draft was taken without it;
   * `sent`: it is none, so that mail went out; `unclear`: there was no answer that tells.
   */
  outcome: 'taken' | 'refused' | 'lacking' | 'dropped' | 'sent' | 'unclear';
  /** How it was answered, or what is lacking, as it stands in a sentence. */
  answer: string;
};

export type PlanTrial =
  | { reached: 'not-concerned'; why: string }
  | { reached: 'no-account' }
  | {
      reached: 'tried';
      /** What the team says is used; null: it did not say. */
      declared: readonly DocusignFeature[] | null;
      /** What calls of the sandbox show to be used. */
      called: readonly DocusignFeature[];
      /** Used, and in no draft. */
      untried: readonly DocusignFeature[];
      trials: readonly Trial[];
      /** What was made and is still there; null: that could not be seen. */
      left: readonly string[] | null;
    };

const declareCommand = 'posthorn declarations set --file declarations.json';
const accountCommand = 'PATCH /v1/teams/{team}/connections/{connection} {"options": {"accountId": "…"}}';

/** Every feature was taken into a draft and is in it, nothing was sent, and nothing is left. */
export function judgePlanTrial(facts: PlanTrial): Finding {
  if (facts.reached === 'not-concerned') return notApplicable(facts.why);
  if (facts.reached === 'no-account') return unknown('Which account is meant is not entered.', {}, accountCommand);
  const { declared, called, untried, trials, left } = facts;
  const values: Readonly<Record<string, MeasuredValue['value']>> = {
    declared: declared === null ? null : declared.join(', '),
    called: called.join(', '),
    taken: trials
      .filter(({ outcome }) => outcome === 'taken')
      .map(({ feature }) => nameOf(feature))
      .join(', '),
    drafts: trials.length,
    left: left?.length ?? null,
  };
  const faults = trials.flatMap((trial) => faultOf(trial) ?? []);
  if (left !== null && left.length > 0)
    faults.push(`${counted(left.length, 'draft')} could not be removed: ${listed(left)}.`);
  if (faults.length > 0) return failed(faults.join(' '), values);
  const open = trials.filter(({ outcome }) => outcome !== 'taken');
  if (open.length > 0 || trials.length === 0) {
    const told = open.map(({ feature, answer }) => `${nameOf(feature)} was ${answer}`);
    return unknown(`Not every draft was decided: ${listed(told)}.`, values);
  }
  if (left === null) return unknown('Whether drafts are left in production could not be seen.', values);
  if (untried.length > 0) {
    return unknown(`No draft can hold ${listed(untried)}, so whether the plan has it is not seen.`, values);
  }
  if (declared === null) {
    const seen =
      'Everything that calls show is in the plan. What stands inside of envelopes they do not show: it is not declared which features are used (paidPlans).';
    return unknown(seen, values, declareCommand);
  }
  const features = trials.flatMap(({ feature }) => feature ?? []);
  const seen =
    features.length === 0
      ? 'A plain draft was taken, and no other feature is used.'
      : `Drafts with ${features.join(', ')} were taken.`;
  return passed(`${seen} Nothing was sent, and no draft is left.`, values);
}

function faultOf({ feature, outcome, answer }: Trial): string | null {
  const what = nameOf(feature);
  switch (outcome) {
    case 'refused':
      return `A draft with ${what} was ${answer}.`;
    case 'lacking':
      return `The account has no ${answer}, which ${what} needs.`;
    case 'dropped':
      return `The draft was taken without ${what}.`;
    case 'sent':
      return `The draft with ${what} is none: its state is ${answer}.`;
    case 'taken':
    case 'unclear':
      return null;
  }
}

const nameOf = (feature: DocusignFeature | null): string => feature ?? 'plain-envelope';
