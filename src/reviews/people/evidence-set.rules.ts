import { digestOf } from '../../readiness/digest.rules.ts';
import type { CheckState, Subject } from '../../readiness/finding.ts';

/** A check for a subject as a signer sees it. `basis`: what a person decided, such as the id of a waiver; else null. */
export type DecidedCheck = {
  checkId: string;
  subject: Pick<Subject, 'kind' | 'id'>;
  state: CheckState;
  basis: string | null;
};

/**
 * What is signed: how everything stands, and what it is about. Without times, ids of measurements and measured values,
 * so that measuring the same again changes nothing, and everything that a signer decides on does.
 */
export type EvidenceSet = {
  reviewId: string;
  checklists: readonly string[];
  /** Answers to the questions of scope. */
  scope: Readonly<Record<string, unknown>>;
  release: string;
  environment: 'development' | 'production';
  configurationDigest: string;
  checks: readonly DecidedCheck[];
};

/** What a sign-off is bound to, hex. The order of checks and checklists is of no account. */
export function hashOfEvidenceSet(set: EvidenceSet): string {
  const { reviewId, scope, release, environment, configurationDigest } = set;
  const checks = Object.fromEntries(set.checks.map((check) => [keyOf(check), [check.state, check.basis]]));
  const checklists = set.checklists.toSorted();
  return digestOf({ reviewId, checklists, scope, release, environment, configurationDigest, checks });
}

/** A check that stands otherwise; null where it was, or is, not there. */
export type ChangedCheck = Pick<DecidedCheck, 'checkId' | 'subject'> & {
  from: CheckState | null;
  to: CheckState | null;
};

/** What a signer is shown whose sign-off fell, by check and subject: also those with the same state on another basis. */
export function changedChecks(before: EvidenceSet, after: EvidenceSet): ChangedCheck[] {
  const [was, is] = [byKey(before), byKey(after)];
  const keys = [...new Set([...was.keys(), ...is.keys()])].toSorted();
  return keys.flatMap((key) => {
    const [one, other] = [was.get(key), is.get(key)];
    const { checkId, subject } = (other ?? one) as DecidedCheck;
    if (one?.state === other?.state && one?.basis === other?.basis) return [];
    return [{ checkId, subject, from: one?.state ?? null, to: other?.state ?? null }];
  });
}

function byKey({ checks }: EvidenceSet): Map<string, DecidedCheck> {
  return new Map(checks.map((check) => [keyOf(check), check]));
}

function keyOf({ checkId, subject }: Pick<DecidedCheck, 'checkId' | 'subject'>): string {
  return `${checkId} ${subject.kind} ${subject.id}`;
}
