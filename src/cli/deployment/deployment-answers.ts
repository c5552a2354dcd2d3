/** What the verbs read of the API's answers, which hold more. */
export type DeploymentAnswer = {
  id: string;
  release: string;
  environment: string;
  connection: string | null;
  startedAt: string;
  recordedBy: string;
};

export type VerificationAnswer = {
  id: string;
  release: string;
  environment: string;
  exitCode: number;
  tookMs: number;
  lines: { name: string; subject: string | null; state: string }[];
  recordedAt: string;
};
