import { digestOf } from '../readiness/digest.rules.ts';
import type { CheckState } from '../readiness/finding.ts';
import { mergeChecklists, placeOfSection } from '../readiness/merge-checklists.rules.ts';
import { type EvidenceSet, hashOfEvidenceSet } from './people/evidence-set.rules.ts';
import { fallenBecause, missingDuties, type SigningFacts } from './people/sign-off.rules.ts';
import { isSigned } from './before-launch.rules.ts';
import type { ReviewedCheck, ReviewView, SectionProgress, SignOffOnRecord } from './review.ts';
import { type CheckFacts, isStanding, reviewedChecks } from './reviewed-checks.rules.ts';
import { verdictOf } from './verdict.rules.ts';

export type ReviewFacts = CheckFacts & {
  /** Of the configurations in force, by id of the subject. */
  digests: ReadonlyMap<string, string>;
  signOffs: readonly SignOffOnRecord[];
  signers: SigningFacts['signers'];
  release: string;
  environment: 'development' | 'production';
};

/** A review as it stands, from everything that is on record. */
export function composeReview(facts: ReviewFacts): ReviewView {
  const { review, catalogue, signers, signOffs, attestations, waivers, nowMs } = facts;
  const checks = reviewedChecks(facts);
  const evidenceSet = evidenceSetOf(checks, facts);
  const evidenceHash = hashOfEvidenceSet(evidenceSet);
  const signing = { evidenceHash, signers };
  const { signoffs: requiredDuties } = mergeChecklists(catalogue, review.checklists);
  const missing = missingDuties(requiredDuties, signOffs, signing);
  const standingWaivers = waivers.filter((waiver) => isStanding(waiver, nowMs)).length;
  const used = new Set(checks.map(({ basis }) => basis));
  return {
    review,
    checks,
    sections: progressOf(checks),
    evidenceSet,
    evidenceHash,
    attestations: attestations.filter(({ id }) => used.has(id)),
    waivers,
    signOffs: signOffs.map((signOff) => ({ ...signOff, fallenBecause: fallenBecause(signOff, signing) })),
    requiredDuties,
    missingDuties: missing,
    verdict: verdictOf({ checks, missingDuties: missing, standingWaivers, waiverCap: review.waiverCap }),
  };
}

/** What is signed: what has to hold before the launch. The configuration is that of the integration and the gateway, and what the team's own checks say. */
function evidenceSetOf(checks: readonly ReviewedCheck[], facts: ReviewFacts): EvidenceSet {
  const { review, catalogue, digests, release, environment } = facts;
  const { integration } = review;
  const ids = ['gateway', ...integration.sources, ...integration.endpoints, ...integration.connections].toSorted();
  const own = review.checklists.toSorted().map((id) => catalogue.checklists.get(id)?.items ?? null);
  const definitions = checks.map(({ definition }) => definition).filter(({ id }) => id.startsWith('team.'));
  return {
    reviewId: review.id,
    checklists: review.checklists,
    scope: review.answers,
    release,
    environment,
    configurationDigest: digestOf({
      subjects: ids.map((id) => [id, digests.get(id) ?? null]),
      waiverCap: review.waiverCap,
      own,
      definitions,
    }),
    checks: checks.filter(isSigned).map(({ checkId, subject, state, basis }) => ({
      checkId,
      subject: { kind: subject.kind, id: subject.id },
      state,
      basis,
    })),
  };
}

const states: readonly CheckState[] = ['passed', 'failed', 'unknown', 'not-applicable', 'stale', 'waived', 'attested'];

/** By section, in the order of the catalogue; sections without a check are left out. */
function progressOf(checks: readonly ReviewedCheck[]): SectionProgress[] {
  const bySection = [...Map.groupBy(checks, ({ definition }) => definition.section)];
  return bySection
    .toSorted(([one], [other]) => placeOfSection(one) - placeOfSection(other))
    .map(([section, inside]) => {
      const counts = states.map((state) => [state, inside.filter((check) => check.state === state).length] as const);
      return { section, total: inside.length, ...(Object.fromEntries(counts) as Record<CheckState, number>) };
    });
}
