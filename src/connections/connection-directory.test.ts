import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand, token } from '../../tests/support/connections-stand.ts';
import { createManualTimers, type ManualTimers } from '../../tests/support/manual-timers.ts';
import { until } from '../../tests/support/until.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { createIdSource } from '../ids/id-source.ts';
import type { ConnectionDirectory } from './connection-config.ts';
import { createConnectionDirectory } from './connection-directory.ts';

const stand = createConnectionsStand();
let api: TestApi;
let team: string;
let path: string;
let timers: ManualTimers;
let errors: unknown[];
let changes: string[];
let isAway: boolean;

beforeAll(async () => {
  api = await stand.open();
});
afterAll(() => stand.close());
beforeEach(async () => {
  await api.database.pool.query('DELETE FROM connection');
  ({ team, path } = await stand.newTeam());
  timers = createManualTimers();
  [errors, changes, isAway] = [[], [], false];
});

function directory(): ConnectionDirectory {
  const pool = {
    query: (sql: string, values: unknown[]) =>
      isAway ? Promise.reject(new Error('ECONNREFUSED')) : api.database.pool.query(sql, values),
  } as unknown as typeof api.database.pool;
  const made = createConnectionDirectory({
    database: pool,
    sealer: api.services.sealer,
    clock: { now: () => stand.now() },
    timers,
    onError: (error) => errors.push(error),
  });
  made.onChange((id) => changes.push(id));
  return made;
}

/** Resolves when what was begun has been read. */
const settled = (): Promise<unknown> => until('it to be read', () => timers.waiting.length === 1);

describe('the directory of connections', () => {
  test('has every connection of every team, opened, from the start', async () => {
    const one = await stand.created();
    await stand.newTeam('Other');
    const two = await stand.created({ status: 'paused' });
    const connections = directory();
    await connections.start();
    expect(connections.find(one.id)).toMatchObject({
      teamId: team,
      credentials: [{ fields: { token: { value: token } } }],
    });
    expect([...connections.all()].map(({ id }) => id)).toEqual([one.id, two.id]);
    expect(connections.find('con_00000000000000000000000000')).toBeNull();
    expect([errors, changes]).toEqual([[], []]);
    await connections.stop();
  });

  test('hears of changes, and tells of those alone that are others now, or gone', async () => {
    const [one, two, third] = [await stand.created(), await stand.created(), await stand.created()];
    const connections = directory();
    await connections.start();
    const before = connections.find(one.id);
    await stand.changed(one.id, { policy: { retries: { most: 0 } } });
    await api.call('DELETE', `${path}/${third.id}`);
    connections.teamChanged(team);
    await until('the change', () => connections.find(one.id)?.policy.retries.most === 0);
    await settled();
    expect(changes.toSorted()).toEqual([one.id, third.id].toSorted());
    expect([before?.policy.retries.most, connections.find(third.id)]).toEqual([2, null]);
    await stand.changed(two.id, { credentials: [{ name: 'new', fields: { token: 'api_new' } }] });
    connections.mayHaveMissed();
    await until('the rotation', () => connections.find(two.id)?.credentials[0]?.name === 'new');
    expect(changes.slice(2)).toEqual([two.id]);
    await api.call('DELETE', `/v1/teams/${team}`);
    connections.teamChanged(team);
    await until('the team to be gone', () => connections.find(two.id) === null);
    expect(changes.slice(3).toSorted()).toEqual([one.id, two.id].toSorted());
    await connections.stop();
  });

  test('what calls write does not make another of it', async () => {
    const { id, credentials } = await stand.created();
    const connections = directory();
    await connections.start();
    const before = connections.find(id);
    await api.database.pool.query('INSERT INTO connection_credential_use VALUES ($1, $2, $3, now(), 1, now())', [
      uuidFromId(team),
      uuidFromId(id),
      uuidFromId((credentials as { id: string }[])[0]?.id ?? ''),
    ]);
    connections.mayHaveMissed();
    await settled();
    expect(connections.find(id)).toBe(before);
    expect(changes).toEqual([]);
    await connections.stop();
  });

  test('one that cannot be read is of no use, is told of, and takes no other with it', async () => {
    const [broken, fine] = [await stand.created(), await stand.created()];
    const connections = directory();
    await connections.start();
    await api.database.pool.query(`UPDATE connection_credential SET sealed = '\\x00' WHERE connection_id = $1`, [
      uuidFromId(broken.id),
    ]);
    connections.teamChanged(team);
    await until('it to be gone', () => connections.find(broken.id) === null);
    expect(connections.teamOf(broken.id)).toBe(team);
    expect(connections.teamOf('con_00000000000000000000000000')).toBeNull();
    expect([...connections.all()].map(({ id }) => id)).toEqual([fine.id]);
    expect(changes).toEqual([broken.id]);
    expect(errors).toHaveLength(1);
    expect(String(errors[0])).not.toContain(token);
    await connections.stop();
  });

  test('goes on with what it had while the database is away, and knows nothing when it starts then', async () => {
    const { id } = await stand.created();
    const connections = directory();
    await connections.start();
    isAway = true;
    connections.mayHaveMissed();
    await until('a failure', () => errors.length === 1 && timers.waiting.length === 1);
    expect(connections.find(id)).not.toBeNull();
    await connections.stop();
    timers = createManualTimers();
    const late = directory();
    await late.start();
    expect(late.find(id)).toBeNull();
    isAway = false;
    timers.advance(timers.waiting[0] ?? 0);
    await until('the connection', () => late.find(id) !== null);
    await late.stop();
  });

  test('looks for one that has just been made before it is denied', async () => {
    const connections = directory();
    await connections.start();
    const { id } = await stand.created();
    expect(connections.find(id)).toBeNull();
    await connections.awaitNew(id);
    expect(connections.find(id)).not.toBeNull();
    expect(connections.awaitNew(id)).toBeNull();
    const made = createIdSource({ now: () => stand.now() });
    expect(connections.awaitNew(made.next('src'))).toBeNull();
    await connections.stop();
  });
});
