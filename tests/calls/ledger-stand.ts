import { onTestFinished } from 'vitest';
import { type CallLedgerOptions, createCallLedger } from '../../src/calls/create-call-ledger.ts';
import { createPool } from '../../src/database/pool.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createHistory, type History } from '../support/history.ts';
import type { TestDatabase } from '../support/test-database.ts';

const realTimers = {
  after(delayMs: number, run: () => void) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A ledger of its own over a database, and what it told. It is stopped when the test ends. */
export async function openLedger(database: TestDatabase, more: Partial<CallLedgerOptions> = {}) {
  const history: History = await createHistory(database.pool);
  const epoch = await history.node();
  const pool = more.database ?? createPool({ ...database.config, max: 3 }, () => undefined);
  const errors: unknown[] = [];
  const ledger = createCallLedger({
    database: pool,
    epoch: () => epoch,
    timers: realTimers,
    onError: (error) => void errors.push(error),
    ...more,
  });
  onTestFinished(async () => {
    await ledger.stop(0);
    if (more.database === undefined) await pool.end();
  });
  return { ledger, history, teamId: history.teamId, epoch, errors };
}

/** The row of a call as it is stored; undefined when there is none. */
export async function rowOf(database: TestDatabase, call: { id: string }): Promise<Record<string, unknown>> {
  const { rows } = await database.pool.query<Record<string, unknown>>('SELECT * FROM call WHERE id = $1', [
    uuidFromId(call.id),
  ]);
  return rows[0] as Record<string, unknown>;
}
