import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPostgresDeliveryStore } from '../../src/delivery/postgres-delivery.store.ts';
import { createPostgresAcceptStore } from '../../src/events/accept.store.ts';
import { itemOf, Scene } from './store-fixtures.ts';
import { openPostgresStore } from './store-under-test.ts';

const rounds = 10;
const batch = 50;

let store: Awaited<ReturnType<typeof openPostgresStore>>;
let scene: Scene;
/** One connection of Posthorn's, whose statistics can be flushed. */
let alone: pg.Pool;
/** Somebody's report, which sees the database as it was and so keeps every dead row in it. */
let report: pg.Client;
beforeEach(async () => {
  store = await openPostgresStore();
  scene = await Scene.set(store);
  alone = new pg.Pool({ ...store.config, max: 1 });
  report = new pg.Client(store.config);
  await report.connect();
  await report.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await report.query('SELECT count(*) FROM delivery_queue');
});
afterEach(async () => {
  await report.end();
  await alone.end();
  await store.close();
});

test('a long transaction leaves no dead rows in the queue while receivers answer, nor ever in the history (complaint 11)', async () => {
  const accepts = createPostgresAcceptStore(alone);
  const deliveries = createPostgresDeliveryStore(alone);
  const endpointId = scene.id('ep');
  const play = async (outcome: 'succeeded' | 'retry'): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const events = Array.from({ length: batch }, () => scene.plan([{ endpointId }]));
      expect((await scene.accept(events, { store: accepts })).refused).toBeNull();
      const items = events.map((event) => itemOf(event, event.deliveries[0], scene.epoch));
      const settled = items.map((item) => scene.attempt(item, outcome));
      expect(await deliveries.settle(scene.epoch, settled)).toBe(batch);
    }
  };
  const writes = async () => {
    await alone.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await alone.query<{ name: string; made: number; died: number }>(
      `SELECT regexp_replace(relname, '_[0-9]+$', '') AS name, sum(n_tup_ins)::int AS made,
         sum(n_tup_upd + n_tup_del)::int AS died
       FROM pg_stat_user_tables WHERE relname ~ '^(event|attempt)_[0-9]+$' OR relname = 'delivery_queue'
       GROUP BY 1 ORDER BY 1`,
    );
    return Object.fromEntries(rows.map(({ name, made, died }) => [name, { made, died }]));
  };

  await play('succeeded');
  const all = rounds * batch;
  const history = { event: { made: all, died: 0 }, attempt: { made: all, died: 0 } };
  expect(await writes()).toEqual({ ...history, delivery_queue: { made: 0, died: 0 } });

  // What is tried again is in the queue, one row for each that waits.
  await play('retry');
  expect(await writes()).toMatchObject({ event: { died: 0 }, attempt: { died: 0 }, delivery_queue: { made: all } });
});
