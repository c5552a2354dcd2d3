import type pg from 'pg';
import { isSilence } from './pool.ts';

/**
 * Runs `work` in one transaction: commits what it did when it resolves, nothing when it rejects.
 * @param begin what opens it, and sets what holds for it alone
 */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  begin = 'BEGIN',
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (isSilence(error)) broken = error;
    else {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
