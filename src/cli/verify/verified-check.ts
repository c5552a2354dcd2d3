/** A check as the API answers it, as far as verification shows it. */
export type VerifiedCheck = {
  check: string;
  title: string | null;
  section: string | null;
  severity: 'blocker' | 'major' | 'minor' | null;
  kind?: 'automatic' | 'drill' | 'attested' | null;
  subject: { kind: string; id: string; name: string };
  state: 'passed' | 'failed' | 'unknown' | 'not-applicable' | 'stale' | 'waived' | 'attested';
  because: string | null;
  seen: string | null;
  remedy: string | null;
  command: string | null;
  /** Null: it was never measured. */
  evidenceId?: string | null;
  /** Null: the gateway cannot decide it by itself. */
  runAgain: string | null;
};
