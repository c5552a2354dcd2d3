import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import { readerOfUser } from './row-security.rules.ts';
import { inTransaction } from './transaction.ts';

/** What reads on behalf of one team run their statements on. */
export type TeamReader = Pick<pg.PoolClient, 'query'>;

/** Of pools whose database was looked at: why row-level security is not in force there. */
const warningsOf = new WeakMap<pg.Pool, () => readonly string[]>();

/** Tells of a pool whether its reads have row-level security as their backstop: none of `warnings` says that they have. */
export function noteRowSecurity(pool: pg.Pool, warnings: () => readonly string[]): void {
  warningsOf.set(pool, warnings);
}

/** Why reads through a pool have no backstop; none when they have one. */
export function rowSecurityOf(pool: pg.Pool): readonly string[] {
  return warningsOf.get(pool)?.() ?? [];
}

type ReadOptions = {
  /** Everything is read as of one moment. */
  snapshot?: boolean;
  /** Of each statement. */
  timeoutMs?: number;
};

/**
 * Reads on behalf of one team, in one read-only transaction and as a role of which row-level security hides every other
 * team: a query that forgets its condition finds no more than one that has it. Role and team end with the transaction,
 * so a connection never takes them back into the pool. Where the database has no such role, which was said at start,
 * queries are bound by their own conditions alone. Statements follow one another.
 */
export async function readAsTeam<Result>(
  pool: pg.Pool,
  teamId: string,
  read: (database: TeamReader) => Promise<Result>,
  { snapshot = false, timeoutMs }: ReadOptions = {},
): Promise<Result> {
  const begin = [
    `BEGIN${snapshot ? ' ISOLATION LEVEL REPEATABLE READ' : ''} READ ONLY`,
    ...(timeoutMs === undefined ? [] : [`SET LOCAL statement_timeout = ${timeoutMs}`]),
    ...(rowSecurityOf(pool).length > 0 ? [] : [becomeReader(uuidFromId(teamId))]),
  ];
  return await inTransaction(pool, read, begin.join('; '));
}

function becomeReader(teamUuid: string): string {
  return `SELECT set_config('posthorn.team', '${teamUuid}', true), set_config('role', ${readerOfUser}, true)`;
}
