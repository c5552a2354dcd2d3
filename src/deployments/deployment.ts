/** What a pipeline said when it began to deploy. Times are RFC 3339. */
export type Deployment = {
  id: string;
  /** As the pipeline names it. */
  release: string;
  environment: string;
  /** Null: of all that the team has. */
  connectionId: string | null;
  startedAt: string;
  /** `operator`, or the id of a member or of an api key. */
  recordedBy: string;
  recordedAt: string;
};

/** A line that `posthorn verify` printed. `subject` is the id of what it is about. */
export type VerifiedLine = {
  name: string;
  subject: string | null;
  state: 'OK' | 'FAIL' | 'SKIP';
  detail: string | null;
};

/** A run of `posthorn verify` for a release, as it ended. */
export type Verification = {
  id: string;
  release: string;
  environment: string;
  exitCode: number;
  tookMs: number;
  lines: readonly VerifiedLine[];
  /** How many were printed beyond those. */
  linesLeftOut: number;
  recordedBy: string;
  recordedAt: string;
};

/** Of a list: those of this release and environment; null for any. */
export type DeploymentPage = {
  teamId: string;
  release: string | null;
  environment: string | null;
  limit: number;
  after: string | null;
};
