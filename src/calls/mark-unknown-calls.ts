import type pg from 'pg';
import { endRunningCallsOf, listCallDays } from './call-upkeep.store.ts';

/**
 * Marks calls as unknown that were under way on nodes that are gone, a day at a time. Safe to run at any time: a call
 * that ends all the same is recorded as it ended.
 * @returns how many were marked.
 */
export async function markUnknownCalls(database: pg.Pool, stopping: () => boolean): Promise<number> {
  let marked = 0;
  for (const day of await listCallDays(database)) {
    if (stopping()) break;
    marked += await endRunningCallsOf(database, day);
  }
  return marked;
}
