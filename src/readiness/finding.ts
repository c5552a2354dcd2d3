import type { SubjectKind } from './check-definition.ts';

/** What a check is judged for. `id` of a gateway or an organisation is its kind. */
export type Subject = { kind: SubjectKind; id: string; teamId: string | null };

/** A measured value for people and machines; no secret and no personal data. Units end its name. */
export type MeasuredValue = { name: string; value: string | number | boolean | null };

/**
 * What an evaluation found. `unknown` when it could not be decided, with the reason: it never counts as passed. `seen`
 * says in one or two sentences what was measured; `command` is what to run or open to mend it.
 */
export type Finding = {
  state: 'passed' | 'failed' | 'unknown' | 'not-applicable';
  seen: string;
  values: readonly MeasuredValue[];
  command: string | null;
  /** Of checks that judge every review of a team by itself: what each came to, by id. A review counts its own alone. */
  reviews?: Readonly<Record<string, Pick<Finding, 'state' | 'seen' | 'command'>>>;
};

/** How a check's result counts in a review. Only `passed` and `attested` do as decided well. */
export type CheckState = Finding['state'] | 'stale' | 'waived' | 'attested';

/**
 * How an automatic check is decided: facts are gathered thinly, and judged by a pure function. `Facts` is plain data, so
 * that what was judged can be kept and judged again.
 */
export type Collector<Facts> = {
  checkId: string;
  /** Raised whenever the judgement changes: evidence of another version is stale. */
  version: number;
  /** It compares with what the team declares of itself: a newer declaration makes its evidence stale. */
  comparesDeclarations?: true;
  gather(context: CollectorContext, subject: Subject): Promise<Facts>;
  judge(facts: Facts, nowMs: number): Finding;
};

/** What collectors may look at. Queries are bounded and read only; nothing here changes anything. */
export type CollectorContext = {
  /** Read only, with a short statement timeout. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  nowMs: number;
  environment: 'development' | 'production';
  release: string;
  publicUrl: string;
};

/** A decision on record. */
export type Evidence = {
  id: string;
  checkId: string;
  subject: Subject;
  finding: Finding;
  measuredAtMs: number;
  expiresAtMs: number;
  collectorVersion: number;
  release: string;
  environment: 'development' | 'production';
  /** Of the configuration that it was measured under: another digest makes it stale. */
  configurationDigest: string;
  /** SHA-256 over all of the above, hex. */
  hash: string;
};
