/** A verification of a team's documents that somebody asked for. */
export type Verification = {
  state: 'running' | 'finished';
  startedAt: string;
  finishedAt: string | null;
  /** Documents to verify when it began. */
  total: number;
  checked: number;
  damaged: number;
  missing: number;
};
