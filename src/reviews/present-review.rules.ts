import type { ScopeQuestion } from '../readiness/check-definition.ts';
import { fillCommand } from '../readiness/fill-command.rules.ts';
import { findingOfReview } from '../readiness/finding-of-review.rules.ts';
import type { Evidence } from '../readiness/finding.ts';
import type { Comment } from './comment.store.ts';
import type { ExplainedCheck } from './explain-check.ts';
import type { Review, ReviewedCheck, ReviewView, ScopeAnswer } from './review.ts';
import type { ReviewDiff } from './review-history.ts';
import type { Snapshot } from './snapshot.store.ts';

const time = (ms: number): string => new Date(ms).toISOString();
const timeOrNull = (ms: number | null): string | null => (ms === null ? null : time(ms));

/** A review as the API answers it. */
export function presentReview(review: Review) {
  const { id, name, checklists, integration, answers, status, because, waiverCap, version } = review;
  const { sources, endpoints, connections } = integration;
  return {
    id,
    name,
    checklists: [...checklists],
    integration: { sources: [...sources], endpoints: [...endpoints], connections: [...connections] },
    answers: Object.fromEntries(Object.entries(answers).map(([question, answer]) => [question, copyOf(answer)])),
    waiverCap,
    status,
    because,
    version,
    createdAt: time(review.createdAtMs),
    updatedAt: time(review.updatedAtMs),
  };
}

/** A review with everything that one decides by. @param questions those of the catalogue */
export function presentView(view: ReviewView, questions: readonly ScopeQuestion[]) {
  const { review, checks, sections, evidenceHash, signOffs, requiredDuties, missingDuties, verdict } = view;
  return {
    ...presentReview(review),
    verdict: { passed: verdict.passed, because: [...verdict.because] },
    sections: sections.map(presentSection),
    evidenceHash,
    requiredDuties: [...requiredDuties],
    missingDuties: [...missingDuties],
    signOffs: signOffs.map(({ id, duty, memberId, signedAtMs, evidenceHash: signedHash, fallenBecause }) => ({
      id,
      duty,
      member: memberId,
      evidenceHash: signedHash,
      signedAt: time(signedAtMs),
      fallenBecause,
    })),
    questions: questions.map(({ id, question, kind, choices }) => {
      const answer = review.answers[id];
      return { id, question, kind, choices: [...choices], answer: answer === undefined ? null : copyOf(answer) };
    }),
    checks: checks.map((check) => presentCheck(review, check)),
  };
}

function copyOf(answer: ScopeAnswer): boolean | number | string | string[] {
  return typeof answer === 'object' ? Array.from(answer) : answer;
}

function presentSection({ section, total, ...states }: ReviewView['sections'][number]) {
  return {
    section,
    total,
    passed: states.passed,
    attested: states.attested,
    waived: states.waived,
    failed: states.failed,
    stale: states.stale,
    unknown: states.unknown,
    notApplicable: states['not-applicable'],
  };
}

/** One check of a review, short enough for a list. */
export function presentCheck(review: Pick<Review, 'id' | 'teamId'>, check: ReviewedCheck) {
  const { checkId, definition, subject, evidence } = check;
  const own = ownFinding(review, check);
  return {
    check: checkId,
    title: definition.title,
    section: definition.section,
    severity: definition.severity,
    kind: definition.kind,
    subject: { kind: subject.kind, id: subject.id, name: subject.name },
    state: check.state,
    // What is seen is not said twice of what holds.
    because: check.state === 'passed' && check.because === own?.seen ? null : check.because,
    basis: check.basis,
    seen: own?.seen ?? null,
    remedy: definition.remedy,
    command: fillCommand(own?.command ?? null, { teamId: review.teamId, subject, reviewId: review.id }),
    next: { kind: check.next, post: postOf(review, check) },
    evidenceId: evidence?.id ?? null,
    measuredAt: timeOrNull(evidence?.measuredAtMs ?? null),
    expiresAt: timeOrNull(evidence?.expiresAtMs ?? null),
    owner: check.owner,
    dueAt: timeOrNull(check.dueAtMs),
    items: check.items.map(({ checklistId, ref, phase }) => ({ checklist: checklistId, ref, phase })),
  };
}

/** Where to post to, so that it is decided; null: nothing decides it yet. */
function postOf({ teamId }: Pick<Review, 'id' | 'teamId'>, { next, checkId, subject }: ReviewedCheck): string | null {
  if (next === 'run') return `/v1/teams/${teamId}/readiness/${checkId}/run?subject=${subject.id}`;
  if (next === 'drill') return `/v1/teams/${teamId}/drills/runs`;
  return next === 'attest' ? `/v1/teams/${teamId}/attestations` : null;
}

/** One check with all that explains it. */
export function presentExplained(review: Pick<Review, 'id' | 'teamId'>, explained: ExplainedCheck) {
  const { check, items, comments, history } = explained;
  return {
    ...presentCheck(review, check),
    why: check.definition.evidence,
    values: [...(ownFinding(review, check)?.values ?? [])],
    items: items.map(({ checklistId, ref, phase, says }) => ({ checklist: checklistId, ref, phase, says })),
    comments: comments.map(presentComment),
    history: history.map((evidence) => presentEvidence(review, evidence)),
  };
}

/** What the newest evidence says to the review. */
function ownFinding({ id }: Pick<Review, 'id'>, { evidence }: Pick<ReviewedCheck, 'evidence'>) {
  return evidence === null ? null : findingOfReview(evidence.finding, id);
}

function presentEvidence({ id: reviewId }: Pick<Review, 'id'>, evidence: Evidence) {
  const { id, finding, measuredAtMs, expiresAtMs, release, hash } = evidence;
  const { state, seen } = findingOfReview(finding, reviewId) ?? finding;
  return { id, state, seen, measuredAt: time(measuredAtMs), expiresAt: time(expiresAtMs), release, hash };
}

export function presentComment({ id, checkId, subjectId, author, text, createdAtMs }: Comment) {
  return { id, check: checkId, subject: subjectId, author, text, createdAt: time(createdAtMs) };
}

/** A snapshot in a list: how many checks stood how. */
export function presentSnapshot({
  id,
  takenAtMs,
  confirmedAtMs,
  takenBy,
  evidenceHash,
  passed,
  evidenceSet,
}: Snapshot) {
  const states: Record<string, number> = {};
  for (const { state } of evidenceSet.checks) states[state] = (states[state] ?? 0) + 1;
  return {
    id,
    takenAt: time(takenAtMs),
    confirmedAt: time(confirmedAtMs),
    takenBy,
    evidenceHash,
    passed,
    release: evidenceSet.release,
    states,
  };
}

export function presentDiff({ from, to, changed }: ReviewDiff) {
  const side = ({ id, atMs, evidenceHash, passed }: ReviewDiff['from']) => ({
    snapshot: id,
    at: time(atMs),
    evidenceHash,
    passed,
  });
  return {
    from: side(from),
    to: side(to),
    changed: changed.map(({ checkId, subject, from: was, to: is }) => ({
      check: checkId,
      subject: { kind: subject.kind, id: subject.id },
      from: was,
      to: is,
    })),
  };
}
