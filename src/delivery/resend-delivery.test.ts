import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { byOperator } from '../../tests/support/audit-context.ts';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { cancelDelivery } from './cancel-delivery.ts';
import { requeueDeliveries } from './requeue-deliveries.ts';
import { resendDelivery } from './resend-delivery.ts';
import { testEndpoint } from './test-endpoint.ts';

let database: TestDatabase;
let history: History;
let queued: string[];

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
  queued = [];
});
afterAll(() => database.drop());

const ctx = () => ({
  ...byOperator,
  database: database.pool,
  onQueued: (_teamId: string, endpointId: string) => {
    queued.push(endpointId);
  },
});
const resend = (deliveryId: string) => resendDelivery(ctx(), { teamId: history.teamId, deliveryId });

type QueueRow = {
  delivery_id: string;
  blocked: boolean;
  cycle_attempts: number;
  due: boolean;
  ordering_key: string | null;
};
async function queueOf(endpointId: string): Promise<QueueRow[]> {
  const { rows } = await database.pool.query<QueueRow>(
    `SELECT delivery_id, blocked, cycle_attempts, due_at <= now() AS due, ordering_key FROM delivery_queue
      WHERE endpoint_id = $1 ORDER BY sequence`,
    [uuidFromId(endpointId)],
  );
  return rows;
}
async function settle(epoch: number, deliveryId: string, endpointId: string, key: string | null, outcome: number) {
  const [team, delivery, endpoint] = [history.teamId, deliveryId, endpointId].map(uuidFromId);
  await database.pool.query(
    `SELECT settle_deliveries($1, ARRAY[$2]::uuid[], ARRAY[$3]::uuid[], ARRAY[gen_random_uuid()], ARRAY[1]::smallint[],
       ARRAY[0]::float8[], ARRAY[500]::smallint[], ARRAY['http'], ARRAY[NULL]::text[], ARRAY[''], ARRAY[NULL]::text[],
       ARRAY[NULL]::bytea[], ARRAY[false], ARRAY[NULL]::real[], ARRAY[NULL]::real[], ARRAY[NULL]::real[], ARRAY[NULL]::real[],
       ARRAY[1]::real[], ARRAY[$4]::smallint[], ARRAY[60000]::float8[], ARRAY[1]::smallint[], ARRAY[1], ARRAY[$5]::uuid[],
       ARRAY[(SELECT event_id FROM delivery WHERE id = $3)], ARRAY[$6]::text[], ARRAY[false])`,
    [epoch, team, delivery, outcome, endpoint, key],
  );
}
const claim = (epoch: number, endpointId: string) =>
  database.pool.query<{ delivery_id: string }>('SELECT delivery_id FROM claim_deliveries($1, $2, $3, 1000000)', [
    epoch,
    [uuidFromId(endpointId)],
    [10],
  ]);

describe('resending a delivery', () => {
  test.each(['succeeded', 'dead', 'cancelled'] as const)('makes a %s one due now, in a new cycle', async (state) => {
    const endpointId = await history.endpoint();
    const delivery = await resend(await history.delivery({ endpointId, state }));
    expect(delivery).toMatchObject({ state: 'pending', settledAt: null, inFlight: false });
    expect(delivery.nextAttemptAt).not.toBeNull();
    expect(await queueOf(endpointId)).toMatchObject([{ due: true, cycle_attempts: 0, blocked: false }]);
    expect(queued).toEqual([endpointId]);
  });

  test('brings one forward that waits for its retry', async () => {
    const endpointId = await history.endpoint();
    await resend(await history.delivery({ endpointId, cycleAttempts: 3 }));
    expect(await queueOf(endpointId)).toMatchObject([{ due: true, cycle_attempts: 0 }]);
  });

  test('is refused while a node has it in memory, and works once it is settled', async () => {
    const endpointId = await history.endpoint();
    const epoch = await history.node();
    const fresh = await history.delivery({ endpointId, owner: epoch });
    await expect(resend(fresh)).rejects.toMatchObject({ code: 'conflict', retryAfterSeconds: 1 });
    const waiting = await history.delivery({ endpointId, dueInSeconds: -1 });
    expect((await claim(epoch, endpointId)).rowCount).toBe(1);
    await expect(resend(waiting)).rejects.toMatchObject({ code: 'conflict' });
    expect(queued).toEqual([]);
    await settle(epoch, fresh, endpointId, null, 2);
    expect((await resend(fresh)).state).toBe('pending');
  });

  test('is held when the endpoint is paused, and refused when it was deleted', async () => {
    const paused = await history.endpoint({ status: 'paused' });
    expect((await resend(await history.delivery({ endpointId: paused, state: 'dead' }))).state).toBe('held');
    const deleted = await history.endpoint({ deleted: true });
    const deliveryId = await history.delivery({ endpointId: deleted, state: 'dead' });
    await expect(resend(deliveryId)).rejects.toMatchObject({ code: 'conflict' });
    expect(await queueOf(deleted)).toEqual([]);
  });

  test('says so when the event is past retention, and knows no delivery of another team', async () => {
    const endpointId = await history.endpoint();
    const eventId = await history.event();
    const deliveryId = await history.delivery({ endpointId, eventId, state: 'dead' });
    const other = await createHistory(database.pool);
    await expect(resendDelivery(ctx(), { teamId: other.teamId, deliveryId })).rejects.toMatchObject({
      code: 'not_found',
    });
    await database.pool.query('DELETE FROM event WHERE id = $1', [uuidFromId(eventId)]);
    await expect(resend(deliveryId)).rejects.toThrow(/past the team's retention/);
  });

  test('goes behind those of its ordering key that wait, and takes its turn after them', async () => {
    const endpointId = await history.endpoint({ ordering: 'key' });
    const epoch = await history.node();
    const dead = await history.delivery({ endpointId, state: 'dead', orderingKey: 'k' });
    const other = await history.delivery({ endpointId, state: 'dead', orderingKey: 'else' });
    const waiting = await history.delivery({ endpointId, orderingKey: 'k', dueInSeconds: -1 });
    await resend(dead);
    await resend(other);
    expect((await queueOf(endpointId)).map((row) => [row.delivery_id, row.blocked])).toEqual([
      [uuidFromId(waiting), false],
      [uuidFromId(dead), true],
      [uuidFromId(other), false],
    ]);
    expect((await claim(epoch, endpointId)).rows.map((row) => row.delivery_id).sort()).toEqual(
      [waiting, other].map(uuidFromId).sort(),
    );
    await settle(epoch, waiting, endpointId, 'k', 1);
    expect(await queueOf(endpointId)).toMatchObject([{ delivery_id: uuidFromId(dead), blocked: false }, {}]);
  });

  test('several of one ordering key are sent one after the other, in the order of their acceptance', async () => {
    const endpointId = await history.endpoint({ ordering: 'key' });
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) ids.push(await history.delivery({ endpointId, state: 'dead', orderingKey: 'k' }));
    await requeueDeliveries(database.pool, { teamId: history.teamId, deliveryIds: ids.toReversed() });
    expect((await queueOf(endpointId)).map((row) => [row.delivery_id, row.blocked])).toEqual(
      ids.map((id, index) => [uuidFromId(id), index > 0]),
    );
  });

  test('races with claims, settles, cancels and other resends without a deadlock, and leaves no delivery astray', async () => {
    const endpointId = await history.endpoint({ ordering: 'key' });
    const epoch = await history.node();
    const ids: { id: string; key: string | null }[] = [];
    for (let n = 0; n < 30; n += 1) {
      const key = n % 3 === 0 ? null : `k${n % 4}`;
      ids.push({
        id: await history.delivery({ endpointId, state: 'dead', ...(key === null ? {} : { orderingKey: key }) }),
        key,
      });
    }
    const deliveryIds = ids.map((each) => each.id);
    const keyOf = new Map(ids.map((each) => [uuidFromId(each.id), each]));
    const requeue = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 1) await requeueDeliveries(database.pool, { teamId: history.teamId, deliveryIds });
    };
    const cancel = async (): Promise<void> => {
      for (let n = 0; n < 20; n += 1) {
        const some = deliveryIds.slice(n, n + 10).map(uuidFromId);
        await database.pool.query('SELECT cancel_deliveries($1, $2)', [uuidFromId(history.teamId), some]);
      }
    };
    const work = async (): Promise<void> => {
      for (let n = 0; n < 25; n += 1) {
        for (const { delivery_id: uuid } of (await claim(epoch, endpointId)).rows) {
          const { id, key } = keyOf.get(uuid)!;
          await settle(epoch, id, endpointId, key, n % 3);
        }
      }
    };
    await Promise.all([requeue(), requeue(), cancel(), work()]);
    const { rows } = await database.pool.query<{ astray: string }>(
      `SELECT count(*) AS astray FROM delivery d LEFT JOIN delivery_queue q ON q.delivery_id = d.id
        WHERE d.team_id = $1 AND ((d.state = 0) <> (q.delivery_id IS NOT NULL) OR (d.owner IS NULL) <> (q.claimed_by IS NULL))`,
      [uuidFromId(history.teamId)],
    );
    expect(rows[0]?.astray).toBe('0');
    const heads = await database.pool.query<{ open: string; keys: string }>(
      `SELECT count(*) FILTER (WHERE NOT blocked) AS open, count(DISTINCT ordering_key) AS keys FROM delivery_queue
        WHERE endpoint_id = $1 AND ordering_key IS NOT NULL`,
      [uuidFromId(endpointId)],
    );
    expect(heads.rows[0]?.open).toBe(heads.rows[0]?.keys);
  });
});

describe('cancelling a delivery', () => {
  const cancel = (deliveryId: string) => cancelDelivery(ctx(), { teamId: history.teamId, deliveryId });

  test('ends one that waits and lets the next of its ordering key take its turn', async () => {
    const endpointId = await history.endpoint({ ordering: 'key' });
    const first = await history.delivery({ endpointId, orderingKey: 'k' });
    const second = await history.delivery({ endpointId, orderingKey: 'k', blocked: true });
    expect((await cancel(first)).state).toBe('cancelled');
    expect((await cancel(first)).state).toBe('cancelled');
    expect(await queueOf(endpointId)).toMatchObject([{ delivery_id: uuidFromId(second), blocked: false }]);
  });

  test('is refused when it is in flight or settled', async () => {
    const endpointId = await history.endpoint();
    const inFlight = await history.delivery({ endpointId, owner: await history.node() });
    const settled = await history.delivery({ endpointId, state: 'succeeded' });
    await expect(cancel(inFlight)).rejects.toMatchObject({ code: 'conflict', retryAfterSeconds: 1 });
    await expect(cancel(settled)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('testing an endpoint', () => {
  const drafts: unknown[] = [];
  const send = (endpointId: string, eventType: string) =>
    testEndpoint(
      {
        ...byOperator,
        database: database.pool,
        clock: { now: () => Date.parse('2026-01-02T03:04:05Z') },
        async acceptEvent(draft) {
          drafts.push({ ...draft, body: draft.body.toString() });
          const id = await history.event();
          const deliveryId = await history.delivery({ endpointId, eventId: id });
          return {
            id,
            type: draft.type,
            acceptedAtMs: 0,
            deliveries: 1,
            deliveryIds: [deliveryId],
            duplicate: false,
            conflict: false,
          };
        },
      },
      { teamId: history.teamId, endpointId, eventType },
    );

  test('sends the example of the type to it alone', async () => {
    const endpointId = await history.endpoint();
    await database.pool.query('INSERT INTO event_type (team_id, name, example) VALUES ($1, $2, $3)', [
      uuidFromId(history.teamId),
      'a.b',
      { x: 1 },
    ]);
    expect((await send(endpointId, 'a.b')).endpointId).toBe(endpointId);
    expect(drafts.at(-1)).toMatchObject({
      blob: null,
      origin: null,
      keySeconds: 86_400,
      onlyEndpointId: endpointId,
      payload: { x: 1 },
      body: '{"type":"a.b","timestamp":"2026-01-02T03:04:05.000Z","data":{"x":1}}',
    });
    await send(endpointId, 'posthorn.delivery.dead');
    expect(drafts.at(-1)).toMatchObject({ type: 'posthorn.delivery.dead' });
  });

  test('knows no other types and no deleted endpoints', async () => {
    const endpointId = await history.endpoint();
    await expect(send(endpointId, 'no.such')).rejects.toMatchObject({ code: 'unknown_event_type' });
    await expect(send(await history.endpoint({ deleted: true }), 'a.b')).rejects.toMatchObject({ code: 'not_found' });
  });
});
