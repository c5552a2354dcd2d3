import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSettler } from '../../src/delivery/settler.ts';
import { createPostgresDeliveryStore } from '../../src/delivery/postgres-delivery.store.ts';
import { createPostgresAcceptStore } from '../../src/events/accept.store.ts';
import { Scene } from './store-fixtures.ts';
import { openPostgresStore } from './store-under-test.ts';

let store: Awaited<ReturnType<typeof openPostgresStore>>;
let scene: Scene;
/** A second node's connections. */
let others: pg.Pool;
beforeEach(async () => {
  store = await openPostgresStore();
  scene = await Scene.set(store);
  others = new pg.Pool({ ...store.config, max: 8 });
});
afterEach(async () => {
  await others.end();
  await store.close();
});

test('two claimers never get the same delivery, and together they get all', async () => {
  const endpointId = scene.id('ep');
  const events = Array.from({ length: 400 }, () => scene.plan([{ endpointId, queued: true }]));
  await scene.accept(events);
  const { epoch } = await scene.join();
  const second = createPostgresDeliveryStore(others);
  const claimed: string[] = [];
  const work = async (claim: () => Promise<{ deliveryId: string }[]>): Promise<void> => {
    for (;;) {
      const items = await claim();
      claimed.push(...items.map((item) => item.deliveryId));
      if (items.length === 0 && claimed.length >= 400) return;
    }
  };
  const wants = [{ endpointId, room: 7 }];
  await Promise.all([
    work(() => store.deliveries.claim(scene.epoch, wants, 1e9)),
    work(() => second.claim(epoch, wants, 1e9)),
    work(() => second.claim(epoch, wants, 1e9)),
  ]);
  expect(new Set(claimed).size).toBe(400);
  expect(claimed).toHaveLength(400);
});

test('100 concurrent accepts with one idempotency key make one event', async () => {
  const endpointId = scene.id('ep');
  const accepts = createPostgresAcceptStore(others);
  const plans = Array.from({ length: 100 }, () => scene.plan([{ endpointId }], { idempotencyKey: 'k' }));
  const answers = await Promise.all(
    plans.map((plan, index) => scene.accept([plan], index % 2 === 0 ? {} : { store: accepts })),
  );
  const won = plans.filter((_, index) => {
    const answer = answers[index]!;
    return answer.refused === null && answer.earlier.size === 0;
  });
  expect(won).toHaveLength(1);
  for (const answer of answers) {
    if (answer.refused !== null) throw new Error(answer.refused);
    if (answer.earlier.size > 0) expect(answer.earlier.get(`${scene.teamId} k`)?.eventId).toBe(won[0]!.id);
  }
  expect(await store.countEvents()).toBe(1);
});

test('batches with the same idempotency keys in opposite order do not lock each other out', async () => {
  const accepts = createPostgresAcceptStore(others);
  const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
  for (let round = 0; round < 10; round += 1) {
    const plan = (names: string[]) => names.map((name) => scene.plan([], { idempotencyKey: `${name}-${round}` }));
    await Promise.all([scene.accept(plan(keys)), scene.accept(plan(keys.toReversed()), { store: accepts })]);
  }
  expect(await store.countEvents()).toBe(400);
});

test('ordered events accepted from two connections at once keep one head', async () => {
  const endpointId = scene.id('ep');
  const accepts = createPostgresAcceptStore(others);
  const plans = Array.from({ length: 60 }, () => scene.plan([{ endpointId, orderingKey: 'a' }]));
  await Promise.all(plans.map((plan, index) => scene.accept([plan], index % 2 === 0 ? {} : { store: accepts })));
  const { rows } = await store.pool.query<{ free: string; ahead: string }>(
    `SELECT count(*) FILTER (WHERE NOT blocked) AS free,
       count(*) FILTER (WHERE NOT blocked AND sequence = (SELECT min(sequence) FROM delivery_queue)) AS ahead
     FROM delivery_queue`,
  );
  expect(rows[0]).toEqual({ free: '1', ahead: '1' });
});

test('settling the head while the next ones are accepted leaves exactly one free', async () => {
  const endpointId = scene.id('ep');
  const accepts = createPostgresAcceptStore(others);
  await scene.accept([scene.plan([{ endpointId, orderingKey: 'a' }])]);
  let accepted = 1;
  for (let settled = 0; settled < accepted; settled += 1) {
    const [head, ...more] = await scene.claim(endpointId);
    expect(more).toEqual([]);
    const adds = accepted < 40 ? 2 : 0;
    accepted += adds;
    await Promise.all([
      scene.settle(head, 'succeeded'),
      ...Array.from({ length: adds }, () =>
        scene.accept([scene.plan([{ endpointId, orderingKey: 'a' }])], { store: accepts }),
      ),
    ]);
  }
  const { rows } = await store.pool.query(`SELECT count(*)::int AS left FROM delivery_queue`);
  expect(rows).toEqual([{ left: 0 }]);
});

test('what is accepted while the node is taken over is refused or taken over, never left behind', async () => {
  const endpointId = scene.id('ep');
  for (let round = 0; round < 15; round += 1) {
    const { epoch } = await scene.join();
    const second = createPostgresDeliveryStore(others);
    const accepts = Array.from({ length: 12 }, () => scene.accept([scene.plan([{ endpointId }])], { epoch }));
    const [, ...answers] = await Promise.all([second.takeOver(epoch, true), ...accepts]);
    for (const answer of answers) expect([null, 'epoch']).toContain(answer.refused);
    const { rows } = await store.pool.query('SELECT count(*)::int AS orphans FROM delivery WHERE owner = $1', [epoch]);
    expect(rows).toEqual([{ orphans: 0 }]);
  }
  const { rows } = await store.pool.query<{ queued: number; pending: number }>(
    `SELECT (SELECT count(*)::int FROM delivery_queue) AS queued, (SELECT count(*)::int FROM delivery) AS pending`,
  );
  expect(rows[0]?.queued).toBe(rows[0]?.pending);
});

test('a claim that races with the takeover of its node leaves nothing claimed', async () => {
  const endpointId = scene.id('ep');
  await scene.accept(Array.from({ length: 100 }, () => scene.plan([{ endpointId, queued: true }])));
  const second = createPostgresDeliveryStore(others);
  for (let round = 0; round < 10; round += 1) {
    const { epoch } = await scene.join();
    await Promise.all([
      scene.claim(endpointId, 20, epoch),
      scene.claim(endpointId, 20, epoch),
      second.takeOver(epoch, true),
      scene.claim(endpointId, 20, epoch),
    ]);
    const { rows } = await store.pool.query(
      `SELECT (SELECT count(*)::int FROM delivery_queue WHERE claimed_by = $1) AS claimed,
         (SELECT count(*)::int FROM delivery WHERE owner = $1) AS owned`,
      [epoch],
    );
    expect(rows).toEqual([{ claimed: 0, owned: 0 }]);
  }
});

test('settles that race with the takeover of their node end each delivery once or leave it queued', async () => {
  const endpointId = scene.id('ep');
  const second = createPostgresDeliveryStore(others);
  for (let round = 0; round < 5; round += 1) {
    const { epoch } = await scene.join();
    await scene.accept(Array.from({ length: 30 }, () => scene.plan([{ endpointId, queued: true }])));
    const items = await scene.claim(endpointId, 1_000, epoch);
    // A deadlock is an error that both sides answer by trying again.
    const insist = async <T>(run: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await run();
        } catch (error) {
          if ((error as { code?: string }).code !== '40P01') throw error;
        }
      }
    };
    await Promise.all([
      ...items.map((item) => insist(() => scene.settle(item, 'succeeded'))),
      insist(() => second.takeOver(epoch, true)),
    ]);
    const { rows } = await store.pool.query<{ wrong: number }>(
      `SELECT count(*)::int AS wrong FROM delivery d LEFT JOIN delivery_queue q ON q.delivery_id = d.id
       WHERE (d.state = 0) <> (q.delivery_id IS NOT NULL) OR d.owner IS NOT NULL OR q.claimed_by IS NOT NULL`,
    );
    expect(rows).toEqual([{ wrong: 0 }]);
  }
});

test('a doubtful delivery is given back only after the accept that may still commit', async () => {
  const endpointId = scene.id('ep');
  const plan = scene.plan([{ endpointId }]);
  const zombie = await others.connect();
  await zombie.query('BEGIN');
  await scene.accept([plan], { store: createPostgresAcceptStore(zombie as unknown as pg.Pool) });
  // Its connection is lost for the node, but its server process has not committed yet.
  const item = { teamId: scene.teamId, deliveryId: plan.deliveries[0].id };
  let released = false;
  const release = store.deliveries.release(scene.epoch, [item], 'after accepts').then(() => {
    released = true;
  });
  await waitForLock(store.pool);
  expect(released).toBe(false);
  await zombie.query('COMMIT');
  zombie.release();
  await release;
  expect(await store.queued(item.deliveryId)).toMatchObject({ claimedBy: null });
});

test('one poisoned attempt in a batch does not poison the others (peers 2: outpost 946)', async () => {
  const endpointId = scene.id('ep');
  const { items } = await scene.post([{ endpointId }, { endpointId }, { endpointId }, { endpointId }]);
  const fenced: number[] = [];
  const settled: string[] = [];
  const settler = createSettler({
    store: store.deliveries,
    timers: { after: () => ({ cancel: () => undefined }) },
    onSettled: (batch) => settled.push(...batch.map((settlement) => settlement.item.deliveryId)),
    onFenced: (count) => fenced.push(count),
    onError: () => undefined,
    onResumed: () => undefined,
  });
  const known = scene.attempt(items[3]!, 'succeeded');
  await store.deliveries.settle(scene.epoch, [known]);
  // PostgreSQL's text cannot hold a NUL, whatever a receiver sends.
  settler.settle(scene.attempt(items[0], 'succeeded'));
  settler.settle(scene.attempt(items[1], 'dead', { responseHeaders: 'x-poison: \u0000', errorMessage: '\u0000' }));
  settler.settle(scene.attempt(items[2], 'retry'));
  settler.settle(known);
  await settler.idle();
  expect(settled).toEqual(items.map((item) => item.deliveryId));
  expect(await store.delivery(items[0].deliveryId)).toMatchObject({ state: 'succeeded' });
  expect(await store.delivery(items[1].deliveryId)).toMatchObject({ state: 'dead' });
  expect(await store.queued(items[2].deliveryId)).toMatchObject({ cycleAttempts: 1 });
  for (const item of items) expect(await store.attempts(item.deliveryId)).toHaveLength(1);
  expect(settler.stalled).toBe(false);
});

/** Resolves when a connection of this database waits for an advisory lock. */
async function waitForLock(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    if (rows.length > 0) return;
    await pool.query('SELECT pg_sleep(0.01)');
  }
}
