import type pg from 'pg';
import {
  deleteOldDeployments,
  deleteOldDrillRuns,
  deleteOldEvidence,
  listTeamsWithOldEvidence,
} from './proof-retention.store.ts';

/** What readiness was decided from, past its time: docs/operations.md says how long it is kept. @returns rows deleted */
export async function removeOldProofs(
  pool: pg.Pool,
  stopping: () => boolean,
): Promise<{ drillRuns: number; evidence: number; deployments: number }> {
  const removed = { drillRuns: 0, evidence: 0, deployments: 0 };
  for (let more = true; more && !stopping(); ) {
    const batch = await deleteOldDrillRuns(pool);
    removed.drillRuns += batch.deleted;
    more = batch.more;
  }
  for (let more = true; more && !stopping(); ) {
    const batch = await deleteOldDeployments(pool);
    removed.deployments += batch.deleted;
    more = batch.more;
  }
  for (const team of await listTeamsWithOldEvidence(pool)) {
    let after: string | null = null;
    do {
      if (stopping()) return removed;
      const batch: Awaited<ReturnType<typeof deleteOldEvidence>> = await deleteOldEvidence(pool, team, after);
      removed.evidence += batch.deleted;
      after = batch.next;
    } while (after !== null);
  }
  return removed;
}
