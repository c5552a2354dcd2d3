import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { claimRun, insertRun } from '../../src/drills/drill-run.store.ts';
import { idPrefixes } from '../../src/ids/id.rules.ts';
import { createHistory } from '../support/history.ts';
import { createTestDatabase } from '../support/test-database.ts';

test('of several runs that wait a claim takes one, also where the planner expects no more than one', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const history = await createHistory(database.pool);
  const subject = { kind: 'gateway', id: 'gateway', teamId: null } as const;
  const wait = async (): Promise<string> => {
    const id = history.id(idPrefixes.drillRun);
    await insertRun(database.pool, history.teamId, { id, checkId: 'a.check', subject, version: 1, pace: 1 });
    return id;
  };
  const first = await wait();
  await database.pool.query('ANALYZE drill_run, team');
  const waiting = [first, await wait(), await wait()];
  const claimed: (string | undefined)[] = [];
  for (let n = 0; n < 4; n += 1) claimed.push((await claimRun(database.pool, randomUUID(), 60))?.id);
  expect(new Set(claimed)).toEqual(new Set([...waiting, undefined]));
});
