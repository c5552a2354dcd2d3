import type { SubjectKind } from '../readiness/check-definition.ts';
import type { Finding, MeasuredValue, Subject } from '../readiness/finding.ts';
import type { Stage } from './stage.ts';

/**
 * An active test that decides a check. It touches nothing but what it makes itself, unless `touches` says otherwise; it
 * ends by itself within its limit, and leaves nothing behind.
 */
export type Drill = {
  checkId: string;
  subject: SubjectKind;
  /** Raised whenever the test or its judgement changes: evidence of another version is stale. */
  version: number;
  /** It compares with what the team declares of itself: a newer declaration makes its evidence stale. */
  comparesDeclarations?: true;
  /** What it does, in a sentence or two, for whoever starts it. */
  does: string;
  /**
   * `nothing`: all on a second gateway of the same release with a database of its own, with twins of the subject;
   * `gateway`: this gateway too, with a team made for it; `integration`: the team's own source, endpoint or provider.
   * In production, unless `safeInProduction`, what touches the integration is refused, and all else has to be confirmed.
   */
  touches: 'nothing' | 'gateway' | 'integration';
  safeInProduction: boolean;
  /** What it does for good outside, such as `sends an invoice`: whoever starts it has to confirm just that. */
  irrevocable?: string;
  /** It is stopped when it takes longer, and decides nothing. */
  limitSeconds: number;
  /** What it throws makes the check unknown, with the reason. */
  run(stage: Stage, subject: Subject): Promise<Finding>;
};

/** One thing that was done or seen. No secrets, no personal data but invented ones. */
export type TranscriptStep = { atMs: number; says: string; values: readonly MeasuredValue[] };

export type DrillRunState = 'waiting' | 'running' | 'done' | 'stopped' | 'interrupted';

/** A run on record. `finding` once it is done; `evidenceId` when it counts as evidence. */
export type DrillRun = {
  id: string;
  teamId: string;
  checkId: string;
  subject: Subject;
  version: number;
  state: DrillRunState;
  /** Steps done of those there are, as far as the drill knows. */
  progress: { done: number; of: number | null };
  transcript: readonly TranscriptStep[];
  /** SHA-256 over the transcript as canonical JSON, hex; null until it ended. */
  transcriptHash: string | null;
  finding: Finding | null;
  evidenceId: string | null;
  /** Runs at a fraction of the times that the check asks for show that it works, and are no evidence. */
  rehearsal: boolean;
  createdAtMs: number;
  startedAtMs: number | null;
  endedAtMs: number | null;
};
