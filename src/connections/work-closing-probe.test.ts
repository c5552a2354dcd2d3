import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TestApi } from '../../tests/support/configuration-api.ts';
import { createConnectionsStand } from '../../tests/support/connections-stand.ts';
import { createTestEgress } from '../../tests/support/egress.ts';
import { createCredentialProbe } from '../authorization/probe-credential.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import type { CredentialProbe } from './closing-probe.ts';
import { claimProbe, listProbeRows } from './closing-probe.store.ts';
import { closingMs } from './closing-probe.rules.ts';
import { workClosingProbe } from './work-closing-probe.ts';

const stand = createConnectionsStand('development');
const egress = createTestEgress();
/** Requests wait here until the test answers them. */
let held: ServerResponse[] = [];
let came = Promise.withResolvers<void>();
const provider = createServer((_request, response) => {
  held.push(response);
  came.resolve();
});
const errors: unknown[] = [];
let api: TestApi;
let team: string;
let connection: string;

beforeAll(async () => {
  api = await stand.open();
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
});
beforeEach(async () => {
  ({ team } = await stand.newTeam());
  [held, came] = [[], Promise.withResolvers<void>()];
  errors.length = 0;
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  ({ id: connection } = await stand.created({ environment: 'sandbox', baseUrl, selfHosted: true }));
  await stand.changed(connection, { credentials: [{ name: 'new', fields: { token: 'api_another-token' } }] });
  // Due after ten minutes.
  stand.passTime(11 * 60_000);
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await egress.close();
  await stand.close();
});

const { signal: never } = new AbortController();
/** What one node does. */
const work = (signal: AbortSignal = never, instead?: CredentialProbe): Promise<boolean> => {
  const clock = { now: () => stand.now() };
  const { database, sealer } = api.services;
  const probe = instead ?? createCredentialProbe({ egress, clock });
  const onError = (error: unknown): void => void errors.push(error);
  return workClosingProbe({ database, sealer, clock, probe, onError }, { named: null, signal });
};
const listed = async () => {
  const [probe] = await listProbeRows(api.database.pool, { teamId: team, connectionId: connection }, 10);
  return probe;
};
const answer = (status: number): void => {
  for (const response of held) response.writeHead(status).end();
};

describe('of several nodes', () => {
  test('one makes the read', async () => {
    const ended: boolean[] = [];
    const nodes = [work(), work(), work()].map(async (node) => void ended.push(await node));
    await came.promise;
    await expect.poll(() => ended).toEqual([false, false]);
    answer(401);
    await Promise.all(nodes);
    expect(ended).toEqual([false, false, true]);
    expect(held).toHaveLength(1);
    expect(await listed()).toMatchObject({ state: 'refused', tries: 1 });
    expect(await work()).toBe(false);
  });

  test('another goes on with what a killed one had, after its lease', async () => {
    const { database } = api.services;
    expect(await claimProbe(database, null, { nowMs: stand.now(), leaseMs: 60_000 })).not.toBeNull();
    expect(await work()).toBe(false);
    stand.passTime(60_000);
    const other = work();
    await came.promise;
    answer(403);
    expect(await other).toBe(true);
    expect(await listed()).toMatchObject({ state: 'refused', status: 403 });
  });

  test('one that was late says nothing any more', async () => {
    const late = work();
    await came.promise;
    const [first] = held;
    [held, came] = [[], Promise.withResolvers<void>()];
    stand.passTime(60_000);
    const other = work();
    await came.promise;
    answer(401);
    await other;
    first?.writeHead(200).end();
    await late;
    expect(await listed()).toMatchObject({ state: 'refused', status: 401, acceptedAt: null, tries: 1 });
  });

  test('one that stops lets go of it at once', async () => {
    const stopping = new AbortController();
    const left = work(stopping.signal);
    await came.promise;
    stopping.abort();
    expect(await left).toBe(true);
    expect(await listed()).toMatchObject({ state: 'outstanding', tries: 0 });
    const other = work();
    await expect.poll(() => held.length).toBe(2);
    answer(401);
    expect(await other).toBe(true);
    expect(await listed()).toMatchObject({ state: 'refused' });
  });
});

test('a value that does not open is told of, sent to nobody, and destroyed after seven days', async () => {
  const damaged =
    'UPDATE closing_probe SET sealed = set_byte(sealed, 90, get_byte(sealed, 90) # 1) WHERE connection_id = $1';
  await api.database.pool.query(damaged, [uuidFromId(connection)]);
  expect(await work()).toBe(true);
  expect(errors).toHaveLength(1);
  expect(held).toEqual([]);
  expect(await listed()).toMatchObject({ state: 'outstanding', tries: 1, status: null });
  stand.passTime(closingMs);
  await work();
  expect(await listed()).toMatchObject({ state: 'unanswered' });
  const { rows } = await api.database.pool.query('SELECT sealed FROM closing_probe WHERE connection_id = $1', [
    uuidFromId(connection),
  ]);
  expect(rows).toEqual([{ sealed: null }]);
});

test('a read that goes wrong by itself is told of, and ends with the seven days as any other', async () => {
  const broken = (): Promise<never> => Promise.reject(new Error('a mistake of our own'));
  await work(never, broken);
  expect(errors).toMatchObject([{ message: 'a mistake of our own' }]);
  expect(await listed()).toMatchObject({ state: 'outstanding', tries: 1 });
  stand.passTime(closingMs);
  await work(never, broken);
  expect(await listed()).toMatchObject({ state: 'unanswered' });
});
