import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimJob } from '../../src/archive/archive-job.store.ts';
import { findCompleted } from '../../src/archive/find-completed.ts';
import { type ArchiveStand, openArchiveStand } from './archive-stand.ts';

let stand: ArchiveStand;
beforeAll(async () => {
  stand = await openArchiveStand();
});
afterAll(() => stand.close());

test('of several jobs that are due a claim takes one, also where the planner expects no more than one', async () => {
  await stand.newTeam();
  const { database, directory, ids } = stand;
  const connection = stand.connect();
  const due = async (...subjects: string[]): Promise<void> => {
    for (const subject of subjects) await stand.event(connection, subject);
    await findCompleted({ database: database.pool, ids, connections: directory }, () => false);
  };
  const subjects = [stand.newEnvelope(), stand.newEnvelope(), stand.newEnvelope()];
  await due(...subjects.slice(0, 1));
  await database.pool.query('ANALYZE archive_job');
  await due(...subjects.slice(1));
  const claimed: (string | undefined)[] = [];
  for (let n = 0; n < 4; n += 1) {
    claimed.push((await claimJob(database.pool, { busy: [], leaseMs: 60_000 }))?.subject ?? undefined);
  }
  expect(new Set(claimed)).toEqual(new Set([...subjects, undefined]));
});
