/** What the API answers about reviews, as far as the verbs show it. */
export type ReviewAnswer = {
  id: string;
  name: string;
  checklists: string[];
  status: string;
  because: string | null;
  version: number;
  updatedAt: string;
};

export type CheckAnswer = {
  check: string;
  title: string;
  section: string;
  severity: 'blocker' | 'major' | 'minor';
  subject: { kind: string; id: string; name: string };
  state: 'passed' | 'failed' | 'unknown' | 'not-applicable' | 'stale' | 'waived' | 'attested';
  because: string | null;
  /** Id of the attestation or waiver that it stands on. */
  basis: string | null;
  seen: string | null;
  remedy: string;
  command: string | null;
  next: { kind: 'run' | 'drill' | 'attest' | 'wait'; post: string | null };
  measuredAt: string | null;
  expiresAt: string | null;
  owner: string | null;
  dueAt: string | null;
  items: { checklist: string; ref: string; phase: string }[];
};

export type SectionAnswer = {
  section: string;
  total: number;
  passed: number;
  attested: number;
  waived: number;
  failed: number;
  stale: number;
  unknown: number;
  notApplicable: number;
};

export type ViewAnswer = ReviewAnswer & {
  verdict: { passed: boolean; because: string[] };
  sections: SectionAnswer[];
  evidenceHash: string;
  missingDuties: string[];
  questions: { id: string; question: string; answer: unknown }[];
  checks: CheckAnswer[];
};

export type ExplainedAnswer = Omit<CheckAnswer, 'items'> & {
  kind: string;
  why: string;
  values: { name: string; value: string | number | boolean | null }[];
  items: { checklist: string; ref: string; phase: string; says: string }[];
  comments: { author: string; text: string; createdAt: string }[];
  history: { state: string; seen: string; measuredAt: string }[];
};

export type SnapshotAnswer = {
  id: string;
  takenAt: string;
  takenBy: string;
  passed: boolean;
  states: Record<string, number>;
};

export type DiffAnswer = {
  from: { snapshot: string | null; at: string; passed: boolean };
  to: { snapshot: string | null; at: string; passed: boolean };
  changed: { check: string; subject: { kind: string; id: string }; from: string | null; to: string | null }[];
};
