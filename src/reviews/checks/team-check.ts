import type { Duty } from '../../members/duties.rules.ts';
import type { ChecklistItem, Severity } from '../../readiness/check-definition.ts';
import type { CheckState, MeasuredValue } from '../../readiness/finding.ts';

/** What a URL has to answer to one GET. What is left out is not looked at. */
export type HttpProbe = {
  kind: 'http-probe';
  url: string;
  expect: {
    status?: number;
    /** Somewhere in the first 64 kB of the body. */
    contains?: string;
    /** In the body as JSON, under this pointer (RFC 6901). */
    json?: { pointer: string; equals: MeasuredValue['value'] };
  };
  timeoutMs?: number;
};

/**
 * A rule over what other checks found. A leaf holds when it does for every subject of the check; what was never measured,
 * or is too old, is neither true nor false.
 */
export type Rule =
  | { all: readonly Rule[] }
  | { any: readonly Rule[] }
  | { not: Rule }
  | { check: string; state: CheckState }
  | ({ check: string; value: string } & Comparison);

export type Comparison =
  | { equals: MeasuredValue['value'] }
  | { below: number }
  | { atMost: number }
  | { above: number }
  | { atLeast: number };

type Measure = HttpProbe | { kind: 'expression'; rule: Rule } | { kind: 'attestation'; needsReview?: boolean };

/** A check that a team wrote itself. */
export type TeamCheck = {
  /** `team.` and more. */
  id: string;
  title: string;
  section: string;
  severity: Severity;
  /** Why it matters and when it passes, in the team's words. */
  evidence: string;
  remedy: string;
  ttlHours: number;
  measure: Measure;
};

/** A checklist that a team wrote itself. */
export type TeamChecklist = {
  /** `team-` and more. */
  id: string;
  title: string;
  signoffs: Duty[];
  items: (Omit<ChecklistItem, 'checks'> & { checks: string[] })[];
};

/** As it is stored. Times are RFC 3339. */
export type Stored<Definition> = Definition & { version: number; createdAt: string; updatedAt: string };
