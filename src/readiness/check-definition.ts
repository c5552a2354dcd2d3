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
};

/** One demand of a checklist and the checks that decide it, all of which must hold. */
export type ChecklistItem = {
  /** As its source numbers it. */
  ref: string;
  says: string;
  phase: string;
  checks: readonly string[];
};

export type Checklist = {
  id: string;
  title: string;
  /** Roles that have to sign. */
  signoffs: readonly string[];
  items: readonly ChecklistItem[];
};

/** Validated: every id is unique, every item names checks that are there. */
export type Catalogue = { checks: ReadonlyMap<string, CheckDefinition>; checklists: ReadonlyMap<string, Checklist> };
