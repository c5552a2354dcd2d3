import type pg from 'pg';
import { readAsTeam, type TeamReader } from '../database/read-as-team.ts';
import { Problem } from '../problem.ts';

const timeoutMs = 10_000;
/** SQLSTATE of a statement that took longer than it may. */
const cancelled = '57014';

/**
 * Reads a team's ledger in one snapshot, and gives up on what takes longer than ten seconds.
 * @throws Problem overloaded
 */
export async function readBounded<Result>(
  pool: pg.Pool,
  teamId: string,
  read: (database: TeamReader) => Promise<Result>,
): Promise<Result> {
  try {
    return await readAsTeam(pool, teamId, read, { snapshot: true, timeoutMs });
  } catch (error) {
    if ((error as { code?: unknown }).code !== cancelled) throw error;
    throw new Problem('overloaded', 'That took longer than 10 s; ask for less time, with `since` and `until`.', {
      retryAfterSeconds: 10,
      cause: error,
    });
  }
}
