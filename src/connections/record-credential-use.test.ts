/* oxlint-disable typescript/no-unsafe-call, typescript/no-unsafe-return -- answers are JSON of every shape */
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand, token } from '../../tests/support/connections-stand.ts';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createCredentialUse, type CredentialUse } from './record-credential-use.ts';

const stand = createConnectionsStand();
let api: TestApi;
let team: string;
let path: string;
let id: string;
let timers: ManualTimers;
let errors: unknown[];
let isAway: boolean;
let queries: number;

beforeAll(async () => {
  api = await stand.open();
});
afterAll(() => stand.close());
beforeEach(async () => {
  ({ team, path } = await stand.newTeam());
  ({ id } = await stand.created({
    credentials: [
      { name: 'new', fields: { token } },
      { name: 'old', fields: { token } },
    ],
  }));
  timers = createManualTimers(stand.now());
  [errors, isAway, queries] = [[], false, 0];
});

function start(): CredentialUse {
  const database = {
    query: (sql: string, values: unknown[]) => {
      queries += 1;
      return isAway ? Promise.reject(new Error('ECONNREFUSED')) : api.database.pool.query(sql, values);
    },
  } as unknown as pg.Pool;
  const use = createCredentialUse({
    database,
    clock: { now: () => stand.now() },
    timers,
    onError: (error) => errors.push(error),
  });
  use.start();
  onTestFinished(() => use.stop());
  return use;
}

const shown = async (): Promise<Record<string, { usesLast24Hours: number; lastUsedAt: string | null; id: string }>> => {
  const { credentials } = (await api.call('GET', `${path}/${id}`)).body;
  return Object.fromEntries(credentials.map((each: { name: string }) => [each.name, each]));
};
const idOf = async (name: string) => (await shown())[name]?.id ?? '';
const usesOf = async (name: string) => (await shown())[name]?.usesLast24Hours;

describe('the use of credentials', () => {
  test('is counted in memory and written once a second, however many calls there are', async () => {
    const [use, credentialId] = [start(), await idOf('new')];
    for (let index = 0; index < 1_000; index += 1) use.used({ teamId: team, connectionId: id, credentialId });
    timers.advance(999);
    expect(queries).toBe(0);
    timers.advance(1);
    await until('the uses', async () => (await usesOf('new')) === 1_000);
    expect(queries).toBe(1);
    expect(await shown()).toMatchObject({
      new: { lastUsedAt: new Date(stand.now()).toISOString() },
      old: { lastUsedAt: null, usesLast24Hours: 0 },
    });
    expect(timers.waiting).toEqual([]);
  });

  test('of the old one goes to zero a day after a rotation, and when it was used last stays known', async () => {
    const use = start();
    const [old, fresh] = [await idOf('old'), await idOf('new')];
    const lastAt = new Date(stand.now()).toISOString();
    use.used({ teamId: team, connectionId: id, credentialId: old });
    for (let hour = 0; hour < 100; hour += 1) {
      use.used({ teamId: team, connectionId: id, credentialId: fresh });
      stand.passTime(3_600_000);
    }
    await use.stop();
    expect(await shown()).toMatchObject({
      old: { usesLast24Hours: 0, lastUsedAt: lastAt },
      new: { usesLast24Hours: 23 },
    });
    const hours =
      'SELECT count(*)::int AS n FROM connection_credential_use WHERE credential_id = (SELECT id FROM connection_credential ORDER BY id DESC LIMIT 1)';
    expect((await api.database.pool.query(hours)).rows).toEqual([{ n: 100 }]);
    // Hours that nobody looks at go with the next use.
    use.used({ teamId: team, connectionId: id, credentialId: fresh });
    await use.stop();
    expect((await api.database.pool.query<{ n: number }>(hours)).rows[0]?.n).toBeLessThan(52);
    expect(await usesOf('new')).toBe(24);
  });

  test('adds up over nodes, and an outage of the database is sat out', async () => {
    const [one, other, credentialId] = [start(), start(), await idOf('new')];
    isAway = true;
    one.used({ teamId: team, connectionId: id, credentialId });
    timers.advance(1_000);
    await until('a failure', () => errors.length === 1 && timers.waiting.length === 1);
    expect(timers.waiting).toEqual([2_000]);
    isAway = false;
    one.used({ teamId: team, connectionId: id, credentialId });
    other.used({ teamId: team, connectionId: id, credentialId });
    timers.advance(2_000);
    await until('all uses', async () => (await usesOf('new')) === 3);
    expect(String(errors[0])).toContain('ECONNREFUSED');
  });

  test('of one that was removed meanwhile is not kept', async () => {
    const [use, credentialId] = [start(), await idOf('old')];
    use.used({ teamId: team, connectionId: id, credentialId });
    await stand.changed(id, { credentials: [{ name: 'new' }] });
    await use.stop();
    const left = 'SELECT FROM connection_credential_use WHERE credential_id = $1';
    expect((await api.database.pool.query(left, [uuidFromId(credentialId)])).rows).toEqual([]);
    expect(await shown()).not.toHaveProperty('old');
    expect(errors).toEqual([]);
  });
});
