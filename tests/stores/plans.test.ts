import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresDeliveryStore } from '../../src/delivery/postgres-delivery.store.ts';
import { cancelRows, requeueRows } from '../../src/delivery/requeue.store.ts';
import { createPostgresAcceptStore } from '../../src/events/accept.store.ts';
import { itemOf, Scene } from './store-fixtures.ts';
import { openPostgresStore } from './store-under-test.ts';

const rounds = 12;
const batch = 20;

let store: Awaited<ReturnType<typeof openPostgresStore>>;
let scene: Scene;
/** One connection, which keeps its plans from when the tables were empty. */
let alone: pg.Pool;
beforeEach(async () => {
  store = await openPostgresStore();
  scene = await Scene.set(store);
  alone = new pg.Pool({ ...store.config, max: 1, options: '-c plan_cache_mode=force_generic_plan' });
});
afterEach(async () => {
  await alone.end();
  await store.close();
});

test('what a batch costs does not grow with the rows since the tables were empty: none is read but by its key', async () => {
  const accepts = createPostgresAcceptStore(alone);
  const deliveries = createPostgresDeliveryStore(alone);
  const endpointId = scene.id('ep');
  for (let round = 0; round < rounds; round += 1) {
    const plain = Array.from({ length: batch }, () => scene.plan([{ endpointId }]));
    const keyed = Array.from({ length: batch }, (_, index) =>
      scene.plan([{ endpointId, queued: index % 2 === 0 }], { idempotencyKey: `${round % 2} ${index}` }),
    );
    expect((await scene.accept(plain, { store: accepts })).refused).toBeNull();
    expect((await scene.accept(keyed, { store: accepts })).refused).toBeNull();
    const items = plain.map((event) => itemOf(event, event.deliveries[0], scene.epoch));
    const settled = items.map((item, index) =>
      scene.attempt(item, (['succeeded', 'retry', 'dead'] as const)[index % 3]!),
    );
    expect(await deliveries.settle(scene.epoch, settled)).toBe(batch);
    const due = await deliveries.claim(scene.epoch, [{ endpointId, room: 10 }], 1e9);
    expect(due.length).toBeGreaterThan(0);
    await deliveries.release(scene.epoch, due);
    const ids = items.map(({ deliveryId }) => deliveryId);
    await requeueRows(alone, scene.teamId, ids);
    await cancelRows(alone, scene.teamId, ids);
  }
  await alone.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await alone.query<{ relname: string; read: string }>(
    `SELECT relname, seq_tup_read AS read FROM pg_stat_user_tables
       WHERE relname ~ '^(event|delivery|attempt|delivery_queue|idempotency)(_[0-9]+)?$' AND seq_tup_read > 0`,
  );
  expect(rows).toEqual([]);
});
