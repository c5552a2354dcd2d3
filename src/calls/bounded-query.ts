import type pg from 'pg';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problem.ts';

const timeoutMs = 10_000;
/** SQLSTATE of a statement that took longer than it may. */
const cancelled = '57014';

/**
 * Reads the ledger in one snapshot, and gives up on what takes longer than ten seconds.
 * @throws Problem overloaded
 */
export async function readBounded<Result>(
  pool: pg.Pool,
  read: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  try {
    return await inTransaction(pool, async (client) => {
      await client.query(
        `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = ${timeoutMs}`,
      );
      return await read(client);
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== cancelled) throw error;
    throw new Problem('overloaded', 'That took longer than 10 s; ask for less time, with `since` and `until`.', {
      retryAfterSeconds: 10,
      cause: error,
    });
  }
}
