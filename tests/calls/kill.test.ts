import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { markUnknownCalls } from '../../src/calls/mark-unknown-calls.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../../src/ids/id.rules.ts';
import { createHistory } from '../support/history.ts';
import { databaseUrlOf } from '../support/own-database.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';
import type { MakerOptions } from './call-maker.ts';

const rounds = 12;

test(`kill -9 in the middle of calls, ${rounds} times: every call that was begun is on record, as ended or unknown`, async () => {
  await using database = await createTestDatabase();
  const history = await createHistory(database.pool);
  const { teamId } = history;
  const begun = new Set<string>();
  let killedAfter = 20;
  for (let round = 0; round < rounds; round += 1) {
    killedAfter = (killedAfter * 7919) % 397;
    const epoch = await history.node();
    const databaseUrl = databaseUrlOf(database.config);
    await makeCallsUntilKilled({ databaseUrl, teamId, epoch, callers: 24 }, killedAfter + 1, begun);
    // What the server had already been sent may still be written.
    await until('its connections are gone', async () => {
      const { rows } = await database.pool.query<{ left: number }>(
        `SELECT count(*)::int AS left FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'posthorn'`,
      );
      return rows[0]?.left === 0;
    });
    await database.pool.query('DELETE FROM node WHERE epoch = $1', [epoch]);
    await markUnknownCalls(database.pool, () => false);
  }

  const { rows } = await database.pool.query<{ id: string; outcome: number }>(
    'SELECT id, outcome FROM call WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  const outcomes = new Map(rows.map(({ id, outcome }) => [idFromUuid(idPrefixes.call, id), outcome]));
  expect([...begun].filter((id) => !outcomes.has(id))).toEqual([]);
  expect([...outcomes].filter(([, outcome]) => outcome === 0)).toEqual([]);
  const count = (outcome: number): number => [...outcomes.values()].filter((each) => each === outcome).length;
  expect(begun.size).toBeGreaterThan(rounds * 50);
  for (const outcome of [1, 2, 3]) expect(count(outcome), `outcome ${outcome}`).toBeGreaterThan(rounds);
});

/** Kills a process when it has said so often that a call is begun, and takes down what it said until its end. */
async function makeCallsUntilKilled(options: MakerOptions, killedAfter: number, begun: Set<string>): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'call-maker.ts'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id = ''] = line.split(' ');
    expect(['ready', 'begun']).toContain(word);
    if (word !== 'begun') continue;
    begun.add(id);
    seen += 1;
    if (seen === killedAfter) child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
}
