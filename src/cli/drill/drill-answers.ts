type Value = { name: string; value: string | number | boolean | null };

/** What the API answers of a run. */
export type RunAnswer = {
  id: string;
  check: string;
  subject: { kind: string; id: string };
  state: 'waiting' | 'running' | 'done' | 'stopped' | 'interrupted';
  progress: { done: number; of: number | null };
  rehearsal: boolean;
  finding: {
    state: 'passed' | 'failed' | 'unknown' | 'not-applicable';
    seen: string;
    values: Value[];
    command: string | null;
  } | null;
  evidenceId: string | null;
  transcriptHash: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
};

export type StepAnswer = { atMs: number; says: string; values: Value[] };

export type RunDetailAnswer = RunAnswer & { transcript: StepAnswer[] };

/** What the API answers of a drill. */
export type DrillAnswer = {
  check: string;
  title: string | null;
  section: string | null;
  severity: 'blocker' | 'major' | 'minor' | null;
  about: string;
  does: string;
  touches: 'nothing' | 'gateway' | 'integration';
  safeInProduction: boolean;
  /** What it does for good outside: it is started with --confirm alone. */
  irrevocable: string | null;
  refused: boolean;
  limitSeconds: number;
  subjects: { kind: string; id: string; name: string; state: string; lastRun: RunAnswer | null }[];
};

export function isOver({ state }: Pick<RunAnswer, 'state'>): boolean {
  return state !== 'waiting' && state !== 'running';
}
