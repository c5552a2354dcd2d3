import type { CheckDefinition, ChecksAndLists } from '../readiness/check-definition.ts';
import type { CheckStatus } from '../readiness/create-readiness.ts';
import { findingOfReview } from '../readiness/finding-of-review.rules.ts';
import { mergeChecklists } from '../readiness/merge-checklists.rules.ts';
import { stateOfAttestation } from './people/attestation.rules.ts';
import { isInForce } from './people/waiver.rules.ts';
import type { AttestationOnRecord, Review, ReviewedCheck, WaiverOnRecord } from './review.ts';
import type { OutOfScope } from './scope.rules.ts';

/** Who sees to a check of a review. */
export type Assignment = { checkId: string; subjectId: string; owner: string | null; dueAtMs: number | null };

/** What the checks of a review are put together from. */
export type CheckFacts = {
  review: Review;
  /** With the team's own. */
  catalogue: ChecksAndLists;
  /** Of the whole team. */
  statuses: readonly CheckStatus[];
  outOfScope: OutOfScope;
  attestations: readonly AttestationOnRecord[];
  waivers: readonly WaiverOnRecord[];
  assignments: readonly Assignment[];
  nowMs: number;
};

type NamedSubject = ReviewedCheck['subject'];
type Stand = Pick<ReviewedCheck, 'state' | 'because' | 'basis'>;
type Pair = { subject: NamedSubject; status: CheckStatus | null; missing: Stand | null };

const integrationKinds = { source: 'sources', endpoint: 'endpoints', connection: 'connections' } as const;

/** Every check that the checklists of a review demand, for each of its subjects, as it stands. In the order of a review. */
export function reviewedChecks(facts: CheckFacts): ReviewedCheck[] {
  const { review, catalogue, statuses, assignments } = facts;
  const byCheck = Map.groupBy(statuses, ({ checkId }) => checkId);
  const assigned = new Map(assignments.map((each) => [keyOf(each.checkId, each.subjectId), each]));
  return mergeChecklists(catalogue, review.checklists).checks.flatMap(({ check: definition, items }) =>
    pairsOf(definition, byCheck.get(definition.id) ?? [], facts).map(({ subject, status, missing }) => {
      const assignment = assigned.get(keyOf(definition.id, subject.id));
      const stand = missing ?? standOf(definition, subject, status, facts);
      return {
        checkId: definition.id,
        definition,
        subject,
        items,
        ...stand,
        evidence: status?.evidence ?? null,
        next: missing === null ? nextOf(definition, status) : 'wait',
        owner: assignment?.owner ?? null,
        dueAtMs: assignment?.dueAtMs ?? null,
      };
    }),
  );
}

function keyOf(checkId: string, subjectId: string): string {
  return `${checkId} ${subjectId}`;
}

/** What of the review a check is about. One about nothing of it stands once, without a status. */
function pairsOf(
  definition: CheckDefinition,
  statuses: readonly CheckStatus[],
  { review, outOfScope }: CheckFacts,
): Pair[] {
  const { subject: kind } = definition;
  const reason = outOfScope.checks.get(definition.id);
  const left: Stand | null = reason === undefined ? null : { state: 'not-applicable', because: reason, basis: null };
  const { teamId } = review;
  if (kind !== 'source' && kind !== 'endpoint' && kind !== 'connection') {
    const [status] = statuses;
    const subject = status?.subject ?? { kind, id: kind === 'team' ? teamId : kind, teamId, name: kind };
    return [{ subject, status: status ?? null, missing: left }];
  }
  const ids = review.integration[integrationKinds[kind]];
  if (ids.length === 0) {
    const answered = outOfScope.subjects.get(kind);
    const because = answered ?? `No ${kind} is part of this review.`;
    const missing = { state: answered === undefined ? 'unknown' : 'not-applicable', because, basis: null } as const;
    return [{ subject: { kind, id: kind, teamId, name: `no ${kind}` }, status: null, missing: left ?? missing }];
  }
  return ids.map((id) => {
    const status = statuses.find(({ subject }) => subject.id === id) ?? null;
    if (status !== null) return { subject: status.subject, status, missing: left };
    const because = `The ${kind} was deleted: take it out of the review.`;
    const subject = { kind, id, teamId, name: 'deleted' };
    return { subject, status, missing: left ?? { state: 'unknown', because, basis: null } };
  });
}

function nextOf({ kind }: CheckDefinition, status: CheckStatus | null): ReviewedCheck['next'] {
  if (kind === 'attested') return 'attest';
  if (status === null || !status.decidable) return 'wait';
  return kind === 'drill' ? 'drill' : 'run';
}

/** Checks that judge every review of a team look at the newest that are not closed. */
const notAmong =
  'It was measured without this review, which came later, or is not among the 50 newest that are worked on.';
const needsNoWaiver: ReadonlySet<string> = new Set(['passed', 'attested', 'not-applicable']);

/** What evidence or a person says of it, and whether a waiver covers what that lacks. Nobody waives a blocker. */
function standOf(
  definition: CheckDefinition,
  subject: NamedSubject,
  status: CheckStatus | null,
  { review, attestations, waivers, nowMs }: CheckFacts,
): Stand {
  const isThis = (each: AttestationOnRecord | WaiverOnRecord): boolean =>
    each.checkId === definition.id && each.subject.kind === subject.kind && each.subject.id === subject.id;
  const stand = definition.kind === 'attested' ? attested() : decided();
  if (needsNoWaiver.has(stand.state) || definition.severity === 'blocker') return stand;
  const waiver = waivers.find((each) => isThis(each) && isStanding(each, nowMs));
  if (waiver === undefined) return stand;
  const until = new Date(waiver.expiresAtMs).toISOString();
  return { state: 'waived', because: `Waived until ${until}; without that it is ${stand.state}.`, basis: waiver.id };

  function attested(): Stand {
    const attestation = attestations.find(isThis) ?? null;
    const said = stateOfAttestation(attestation, { needsReview: definition.needsReview === true, nowMs });
    return { ...said, basis: attestation?.id ?? null };
  }

  function decided(): Stand {
    if (status === null) return { state: 'unknown', because: 'Nothing was measured.', basis: null };
    const { evidence } = status;
    if (status.because !== null || evidence?.finding.reviews === undefined) {
      return { state: status.state, because: becauseOf(status), basis: null };
    }
    const own = findingOfReview(evidence.finding, review.id);
    if (own === null) return { state: 'stale', because: notAmong, basis: null };
    return { state: own.state, because: own.seen, basis: null };
  }
}

/** What did not pass says why, whether that is its age or what was found. */
function becauseOf({ because, state, evidence, decidable, definition }: CheckStatus): string | null {
  if (definition?.kind === 'drill' && decidable && evidence === null) return 'Its drill was not run yet.';
  if (because !== null) return because;
  return state === 'passed' ? null : (evidence?.finding.seen ?? null);
}

/** Whether a waiver counts: approved, not ended, and not taken back. */
export function isStanding(waiver: WaiverOnRecord, nowMs: number): boolean {
  return (waiver.endedAtMs === null || waiver.endedAtMs > nowMs) && isInForce(waiver, nowMs);
}
