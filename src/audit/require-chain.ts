import type pg from 'pg';
import { Problem } from '../problem.ts';
import { readHeads } from './audit-entry.store.ts';

/** A team's log outlives it: what was never a team has none. @throws Problem not_found */
export async function requireChain(database: Pick<pg.Pool, 'query'>, team: string): Promise<void> {
  const [head] = await readHeads(database, { team });
  if (head === undefined) throw new Problem('not_found', `There is no team ${team}.`);
}
