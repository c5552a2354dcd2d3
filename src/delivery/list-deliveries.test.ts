import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { timeOfId } from '../ids/id.rules.ts';
import { type DeliveryFilter, deliveryStates } from './delivery-filter.ts';
import { getDelivery } from './get-delivery.ts';
import { listDeliveries } from './list-deliveries.ts';
import { scanDeliveries } from './scan-deliveries.ts';

let database: TestDatabase;
let history: History;
const secondMs = 1_000;
const nowMs = Date.now();
const all: { id: string; state: string; endpoint: string; type: string; event: string; atMs: number }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  history = await createHistory(database.pool);
  const epoch = await history.node(history.id('dlv', nowMs - 40 * secondMs));
  const [active, paused] = [await history.endpoint(), await history.endpoint({ status: 'paused' })];
  for (let n = 0; n < 60; n += 1) {
    const type = n % 3 === 0 ? 'a.created' : 'a.changed';
    const atMs = nowMs - (60 - n) * secondMs;
    const event = await history.event({ type, atMs });
    for (const endpointId of [active, paused]) {
      const state = (['succeeded', 'dead', 'cancelled', 'pending'] as const)[
        (n + (endpointId === paused ? 1 : 0)) % 4
      ] as 'pending';
      const inMemory = state === 'pending' && n > 50 && endpointId === active;
      const id = await history.delivery({
        endpointId,
        eventId: event,
        atMs,
        state,
        ...(inMemory ? { owner: epoch } : {}),
      });
      all.push({
        id,
        state: state === 'pending' && endpointId === paused ? 'held' : state,
        endpoint: endpointId,
        type,
        event,
        atMs: timeOfId(id),
      });
    }
  }
});
afterAll(() => database.drop());

async function listAll(filter: DeliveryFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await listDeliveries({ database: database.pool }, { teamId: history.teamId, filter, limit, after });
    ids.push(...page.deliveries.map((delivery) => delivery.id));
    after = page.next;
  } while (after !== null);
  return ids;
}

const wanted = (filter: DeliveryFilter): string[] =>
  all
    .filter(
      (each) =>
        (filter.states === undefined || filter.states.some((state) => state === each.state)) &&
        (filter.endpointId === undefined || filter.endpointId === each.endpoint) &&
        (filter.eventType === undefined || filter.eventType === each.type) &&
        (filter.eventIds === undefined || filter.eventIds.includes(each.event)) &&
        (filter.sinceMs === undefined || each.atMs >= filter.sinceMs) &&
        (filter.untilMs === undefined || each.atMs < filter.untilMs),
    )
    .map((each) => each.id)
    .sort()
    .toReversed();

describe('listing deliveries', () => {
  test('finds by every combination of filters exactly what they choose, newest first (complaint 9, convoy 2107)', async () => {
    const endpoints = [undefined, ...new Set(all.map((each) => each.endpoint))];
    const windows = [{}, { sinceMs: nowMs - 45 * secondMs, untilMs: nowMs - 15 * secondMs }];
    const events = [undefined, [all[40]!.event], [all[10]!.event, all[90]!.event]];
    for (const states of [undefined, ['dead', 'cancelled'] as const, ...deliveryStates.map((state) => [state])]) {
      for (const endpointId of endpoints) {
        for (const eventType of [undefined, 'a.created', 'no.such']) {
          for (const eventIds of events) {
            for (const window of windows) {
              const filter: DeliveryFilter = { states, endpointId, eventType, eventIds, ...window };
              expect(await listAll(filter, 9), JSON.stringify(filter)).toEqual(wanted(filter));
            }
          }
        }
      }
    }
  });

  test('a page looks at a bounded number of rows, and the pages together miss none', async () => {
    for (const filter of [
      { eventType: 'a.created' },
      { states: ['pending'] },
      { states: ['held'] },
    ] as DeliveryFilter[]) {
      for (const descending of [true, false]) {
        const found: string[] = [];
        let after: string | null = null;
        do {
          const input = { teamId: history.teamId, filter, after, descending, limit: 3, scanMax: 4 };
          const page = await scanDeliveries(database.pool, input);
          found.push(...page.ids);
          after = page.next;
        } while (after !== null);
        expect(found).toEqual(descending ? wanted(filter) : wanted(filter).toReversed());
      }
    }
  });

  test('one that waits while its endpoint is paused is held and has no next attempt (complaint 5, outpost 611)', async () => {
    const held = all.find((each) => each.state === 'held')!;
    const pending = all.find((each) => each.state === 'pending')!;
    const show = (deliveryId: string) =>
      getDelivery({ database: database.pool }, { teamId: history.teamId, deliveryId });
    expect(await show(held.id)).toMatchObject({ state: 'held', nextAttemptAt: null, inFlight: false });
    expect(await show(pending.id)).toMatchObject({ state: 'pending', nextAttemptAt: expect.any(String) as string });
    await database.pool.query(`UPDATE endpoint SET status = 'active'`);
    expect((await show(held.id)).state).toBe('pending');
    await database.pool.query(
      `UPDATE endpoint SET status = 'paused' WHERE id = (SELECT endpoint_id FROM delivery LIMIT 1)`,
    );
  });

  test('shows nothing of another team', async () => {
    const other = await createHistory(database.pool);
    const page = await listDeliveries(
      { database: database.pool },
      { teamId: other.teamId, filter: {}, limit: 10, after: null },
    );
    expect(page).toEqual({ deliveries: [], next: null });
    const reading = getDelivery({ database: database.pool }, { teamId: other.teamId, deliveryId: all[0]!.id });
    await expect(reading).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('showing a delivery', () => {
  test('tells each attempt with headers, bodies, timing and error', async () => {
    const endpointId = await history.endpoint();
    const body = Buffer.concat([Buffer.from([0xff, 0x00]), Buffer.alloc(70_000, 7)]);
    const eventId = await history.event({ body, contentType: 'application/octet-stream' });
    const deliveryId = await history.delivery({ endpointId, eventId, state: 'dead' });
    await history.attempt({ deliveryId, number: 1, status: null, error: 'dns', responseHeaders: null });
    await history.attempt({
      deliveryId,
      number: 2,
      status: 500,
      error: 'http',
      responseBody: Buffer.from('no: é'),
      truncated: true,
    });
    const { attempts, state } = await getDelivery({ database: database.pool }, { teamId: history.teamId, deliveryId });
    expect(state).toBe('dead');
    expect(attempts).toMatchObject([
      { number: 1, status: null, error: 'dns', response: null, timing: { dnsMs: null, totalMs: 12.5 } },
      { number: 2, status: 500, error: 'http' },
    ]);
    expect(attempts[1]?.request.headers).toEqual([
      { name: 'webhook-id', value: 'evt_1' },
      { name: 'x-empty', value: '' },
    ]);
    expect(attempts[1]?.request.body).toMatchObject({ encoding: 'base64', sizeBytes: 70_002, truncated: true });
    expect(Buffer.from(attempts[1]?.request.body?.content ?? '', 'base64')).toEqual(body.subarray(0, 65_536));
    expect(attempts[1]?.response).toMatchObject({
      headers: [{ name: 'content-type', value: 'text/plain' }],
      body: { encoding: 'utf-8', content: 'no: é', truncated: true },
    });
  });

  test('has neither for an id that is none, nor for one of nothing', async () => {
    for (const deliveryId of ['x', 'dlv_zzzzzzzzzzzzzzzzzzzzzzzzzz', history.id('dlv')]) {
      const reading = getDelivery({ database: database.pool }, { teamId: history.teamId, deliveryId });
      await expect(reading).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
