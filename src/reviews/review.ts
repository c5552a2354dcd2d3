import type { AuditContext } from '../audit/record-change.ts';
import type { CheckDefinition } from '../readiness/check-definition.ts';
import type { CheckState, Evidence } from '../readiness/finding.ts';
import type { Phase } from '../readiness/phases.rules.ts';
import type { CheckStatus } from '../readiness/create-readiness.ts';
import type { EvidenceSet } from './people/evidence-set.rules.ts';
import type { Attestation } from './people/attestation.rules.ts';
import type { Waiver } from './people/waiver.rules.ts';
import type { SignOff } from './people/sign-off.rules.ts';

/** What an integration is made of; ids. A review judges these, the gateway, the team and the organisation. */
export type Integration = {
  sources: readonly string[];
  endpoints: readonly string[];
  connections: readonly string[];
};

/** `open`: worked on. `promoted`: what it is about went to production under it. `reopened`: after that, something fell. */
export type ReviewStatus = 'open' | 'promoted' | 'reopened' | 'closed';

/** A go-live review of an integration against checklists, merged without repeats. */
export type Review = {
  id: string;
  teamId: string;
  name: string;
  checklists: readonly string[];
  integration: Integration;
  /** Answers to the questions of scope, by question; a question without an answer makes nothing not applicable. */
  answers: Readonly<Record<string, ScopeAnswer>>;
  status: ReviewStatus;
  /** Why it was reopened, or taken up again; null unless it was. */
  because: string | null;
  /** How many waivers may stand at a time. */
  waiverCap: number;
  createdAtMs: number;
  updatedAtMs: number;
  /** Raised by every change: a change names the version that it was made from. */
  version: number;
};

export type ScopeAnswer = boolean | number | string | readonly string[];

/** What people said, as it is on record. Ids of members; `id` of the record itself. */
export type AttestationOnRecord = Attestation & {
  id: string;
  checkId: string;
  subject: SubjectKey;
  note: string | null;
};
export type WaiverOnRecord = Waiver & {
  id: string;
  reviewId: string;
  checkId: string;
  subject: SubjectKey;
  /** Refused or taken back: it stands no more. */
  endedAtMs: number | null;
};
export type SignOffOnRecord = SignOff & { id: string; reviewId: string; remark: string | null };
type NamedSubject = CheckStatus['subject'];
type SubjectKey = Pick<NamedSubject, 'kind' | 'id'>;

/** Where a review reads what people said. */
export type PeopleOnRecord = {
  /** The newest of each check and subject of a team that was not taken back. */
  attestations(teamId: string): Promise<readonly AttestationOnRecord[]>;
  /** All of a review, oldest first. */
  waivers(teamId: string, reviewId: string): Promise<readonly WaiverOnRecord[]>;
  /** All of a review, oldest first. */
  signOffs(teamId: string, reviewId: string): Promise<readonly SignOffOnRecord[]>;
  /** Ids of members by duty, as the team names them now. */
  signers(teamId: string): Promise<ReadonlyMap<string, readonly string[]>>;
};

/** A check for a subject, as it stands in a review. */
export type ReviewedCheck = {
  checkId: string;
  definition: CheckDefinition;
  subject: NamedSubject;
  /** Every item of a checklist that it helps to decide. */
  items: readonly { checklistId: string; ref: string; phase: Phase }[];
  state: CheckState;
  /** Why it stands so; null when the evidence says it all. */
  because: string | null;
  /** Id of the attestation or waiver that it stands on; null: on evidence. */
  basis: string | null;
  /** The newest; null when there is none. */
  evidence: Evidence | null;
  /** What a person may do about it next: measure it, run its drill, attest it, or nothing yet. */
  next: 'run' | 'drill' | 'attest' | 'wait';
  /** Member who sees to it, and until when; null: nobody, no date. */
  owner: string | null;
  dueAtMs: number | null;
};

export type SectionProgress = { section: string; total: number } & Record<CheckState, number>;

/** A review as it stands at one moment: what people look at, sign, export and promote by. */
export type ReviewView = {
  review: Review;
  /** By severity, section, id. Those that an answer makes not applicable are there, with the reason. */
  checks: readonly ReviewedCheck[];
  sections: readonly SectionProgress[];
  evidenceSet: EvidenceSet;
  /** What sign-offs are bound to. */
  evidenceHash: string;
  attestations: readonly AttestationOnRecord[];
  waivers: readonly WaiverOnRecord[];
  /** With why one does not count any more; null while it stands. */
  signOffs: readonly (SignOffOnRecord & { fallenBecause: string | null })[];
  requiredDuties: readonly string[];
  missingDuties: readonly string[];
  verdict: Verdict;
};

/** `passed`: every check holds or is waived, and every duty is signed. Else what is missing, in words. */
export type Verdict = { passed: boolean; because: readonly string[] };

/** What other capabilities ask of reviews. */
export type Reviews = {
  /** @throws Problem not_found */
  view(teamId: string, reviewId: string): Promise<ReviewView>;
  /** Measures what the gateway can decide of a review anew, notes how it stands, and answers it. @throws Problem not_found */
  run(teamId: string, reviewId: string): Promise<ReviewView>;
  /**
   * Sets the status under a person's or the gateway's hand, with an entry in the audit log; reopening tells
   * `posthorn.review.reopened`, and going on after that `posthorn.review.resumed`.
   * @param input.by whose doing it is; the gateway's own where it is left out
   * @throws Problem not_found
   */
  setStatus(input: {
    teamId: string;
    reviewId: string;
    status: ReviewStatus;
    because: string | null;
    by?: Pick<AuditContext, 'actor' | 'requestId' | 'address'> | undefined;
  }): Promise<void>;
  /** Reviews that were promoted or reopened, of all teams: what the watch looks at. */
  watched(): Promise<readonly { teamId: string; reviewId: string }[]>;
};
