import type { ApiClient } from '../api/api-client.ts';
import { CliFailure, describeError } from '../failure.ts';
import { recordedLines } from './recorded-lines.rules.ts';
import type { VerifiedCheck } from './verified-check.ts';

/** A run as it is put on record. */
export type VerifyRun = {
  release: string;
  environment: string;
  exitCode: 0 | 1;
  tookMs: number;
  /** What was printed, in that order. */
  checks: readonly VerifiedCheck[];
};

/** Puts a run on record, and answers its id. @throws CliFailure that says that it is not, and why */
export async function recordRun({ api, path }: { api: ApiClient; path: string }, run: VerifyRun): Promise<string> {
  const { checks, ...rest } = run;
  try {
    const { id } = await api.request<{ id: string }>('POST', `${path}/verifications`, {
      ...rest,
      ...recordedLines(checks),
    });
    return id;
  } catch (error) {
    const { what, remedy } = describeError(error);
    throw new CliFailure(`this run is not on record: ${what}`, remedy ?? 'run it again');
  }
}
