import type { Phase } from './phases.rules.ts';

/** What a check is about. `organisation` and `gateway` have one subject each; the others one per thing of that kind. */
export type SubjectKind = 'gateway' | 'team' | 'source' | 'endpoint' | 'connection' | 'organisation';

/** `automatic`: from what the gateway knows; `drill`: by an active test; `attested`: only a person can say. */
export type CheckKind = 'automatic' | 'drill' | 'attested';

export type Severity = 'blocker' | 'major' | 'minor';

/** A check of the catalogue: data under readiness/checks, a file a section. */
export type CheckDefinition = {
  id: string;
  /** True when the check passes. */
  title: string;
  section: string;
  subject: SubjectKind;
  severity: Severity;
  kind: CheckKind;
  /** What is measured, and when it passes; for attested ones who attests what. */
  evidence: string;
  /** After this long a result is stale. */
  ttlSeconds: number;
  /** The defect under which it must fail; null for attested ones. */
  brokenBy: string | null;
  /** One line for whoever mends it. */
  remedy: string;
  /** Whether somebody other than its author has to confirm an attestation; left out: nobody has to. */
  needsReview?: true;
};

/** One demand of a checklist and the checks that decide it, all of which must hold. */
export type ChecklistItem = {
  /** As its source numbers it. */
  ref: string;
  says: string;
  phase: Phase;
  checks: readonly string[];
};

export type Checklist = {
  id: string;
  title: string;
  /** Roles that have to sign. */
  signoffs: readonly string[];
  items: readonly ChecklistItem[];
};

/** Under which answer a rule holds: `is` for yes and no, a choice, or an empty list; `under` a number; `lacks` a word. */
export type ScopeCondition =
  | { kind: 'is'; value: boolean | string }
  | { kind: 'under'; value: number }
  | { kind: 'lacks'; value: string };

/** What an answer makes not applicable, and why. */
export type ScopeRule = {
  when: ScopeCondition;
  checks: readonly string[];
  /** Every check about such a thing, as far as a review has none of them. */
  subject: 'source' | 'endpoint' | 'connection' | null;
  because: string;
};

/** A question whose answer says what a review has to do with. */
export type ScopeQuestion = {
  id: string;
  question: string;
  kind: 'boolean' | 'number' | 'choice' | 'list';
  /** What can be answered; empty where anything can. */
  choices: readonly string[];
  rules: readonly ScopeRule[];
};

/** What sets the scope of reviews. Checks are ids of the catalogue. */
export type Scope = {
  questions: readonly ScopeQuestion[];
  /** Checks that concern who uses this provider, and nobody else. */
  providers: readonly { provider: string; checks: readonly string[]; because: string }[];
};

/** Validated: every id is unique; every item and every rule of scope names checks that are there. */
export type Catalogue = {
  checks: ReadonlyMap<string, CheckDefinition>;
  checklists: ReadonlyMap<string, Checklist>;
  scope: Scope;
};

/** What a review is put together from. */
export type ChecksAndLists = Pick<Catalogue, 'checks' | 'checklists'>;
