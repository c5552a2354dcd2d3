import type { Context } from '../context.ts';
import { listRunsOfEvidence } from './drill-run.store.ts';
import type { DrillRun } from './drill.ts';

/**
 * What drills did and saw, by the evidence that came of it. A drill of the gateway is evidence for every team, whoever ran it:
 * it has nothing of anybody's in it, and whose run it was is not for others.
 */
export async function listTranscripts(
  ctx: Pick<Context, 'database'>,
  { teamId, evidenceIds }: { teamId: string; evidenceIds: readonly string[] },
): Promise<(DrillRun & { transcriptHash: string })[]> {
  if (evidenceIds.length === 0) return [];
  const runs = await listRunsOfEvidence(ctx.database, teamId, evidenceIds);
  return runs.flatMap((run) => (run.transcriptHash === null ? [] : [{ ...run, transcriptHash: run.transcriptHash }]));
}
