import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { type DedupeStore, defaultTtlMs } from './dedupe-store.ts';
import { memoryStore } from './memory-store.ts';
import { postgresStore } from './postgres-store.ts';

let database: TestDatabase;
const query = (text: string, values: unknown[]) => database.pool.query<object>(text, values);
const newConsumer = () => `test-${randomUUID()}`;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A store whose time the test moves: the memory's own clock, or the rows' times in the database. */
type Aging = { store: DedupeStore; age: (ms: number) => Promise<void> };

function agingMemory(): Aging {
  let nowMs = 0;
  return {
    store: memoryStore({ now: () => nowMs }),
    age(ms) {
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

function agingPostgres(): Aging {
  const consumer = newConsumer();
  return {
    store: postgresStore({ query, consumer }),
    async age(ms) {
      await query(
        `UPDATE posthorn_received SET expires_at = expires_at - $2 * interval '1 millisecond' WHERE consumer = $1`,
        [consumer, ms],
      );
    },
  };
}

describe.each([
  ['the memory store', agingMemory],
  ['the PostgreSQL store', agingPostgres],
])('%s', (_name, make) => {
  it('gives an event to one, who handles it once and for all', async () => {
    const { store } = make();
    expect(await store.claim('evt_1')).toBe('new');
    expect(await store.claim('evt_1')).toBe('busy');
    expect(await store.claim('evt_2')).toBe('new');
    await store.done('evt_1');
    expect(await store.claim('evt_1')).toBe('done');
    expect(await store.claim('evt_2')).toBe('busy');
  });

  it('gives an event to exactly one of many who ask at once', async () => {
    const { store } = make();
    const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim('evt_1')));
    expect(claims.filter((claim) => claim === 'new')).toHaveLength(1);
    expect(claims.filter((claim) => claim === 'busy')).toHaveLength(19);
  });

  it('gives what was released to the next, and nothing that is done', async () => {
    const { store } = make();
    await store.claim('evt_1');
    await store.release('evt_1');
    expect(await store.claim('evt_1')).toBe('new');
    await store.done('evt_1');
    await store.release('evt_1');
    expect(await store.claim('evt_1')).toBe('done');
  });

  it('gives up a claim that was never finished, after five minutes', async () => {
    const { store, age } = make();
    await store.claim('evt_1');
    await age(299_000);
    expect(await store.claim('evt_1')).toBe('busy');
    await age(2_000);
    expect(await store.claim('evt_1')).toBe('new');
    expect(await store.claim('evt_1')).toBe('busy');
  });

  it('remembers what is done for a week, also when its claim had been given up', async () => {
    const { store, age } = make();
    await store.claim('evt_1');
    await age(301_000);
    await store.done('evt_1');
    await age(defaultTtlMs - 60_000);
    expect(await store.claim('evt_1')).toBe('done');
    await age(61_000);
    expect(await store.claim('evt_1')).toBe('new');
  });
});

describe('the memory store', () => {
  it('forgets the oldest when there are too many, and nothing that is being worked on', async () => {
    const store = memoryStore({ maxIds: 2 });
    await store.claim('working');
    for (const id of ['a', 'b', 'c']) {
      await store.claim(id);
      await store.done(id);
    }
    expect(await store.claim('working')).toBe('busy');
    expect(await store.claim('c')).toBe('done');
    expect(await store.claim('a')).toBe('new');
  });

  it.each([{ maxIds: 0 }, { ttlMs: -1 }, { claimMs: Number.NaN }])('refuses %j', (options) => {
    expect(() => memoryStore(options)).toThrow(TypeError);
  });
});

describe('the PostgreSQL store', () => {
  it('makes its table when it is not there, also when many need it at once', async () => {
    // Each time another table: it is only at its first moment that they can collide.
    for (let round = 0; round < 20; round += 1) {
      const table = `public.received_${round}`;
      const stores = Array.from({ length: 8 }, () => postgresStore({ query, table }));
      const claims = await Promise.all(stores.map((store) => store.claim('evt_1')));
      expect(claims.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'busy'), 'new']);
      const { rows } = await query(`SELECT consumer, id, claim IS NULL AS done FROM ${table}`, []);
      expect(rows).toEqual([{ consumer: 'default', id: 'evt_1', done: false }]);
    }
  });

  it('keeps the memories of two consumers apart', async () => {
    const [billing, mail] = [1, 2].map(() => postgresStore({ query, consumer: newConsumer() }));
    await billing!.claim('evt_1');
    await billing!.done('evt_1');
    expect(await mail!.claim('evt_1')).toBe('new');
  });

  it('is shared by processes, and does not let a late one release the claim of the next', async () => {
    const consumer = newConsumer();
    const [slow, quick] = [1, 2].map(() => postgresStore({ query, consumer, claimMs: 1 }));
    const next = postgresStore({ query, consumer });
    await slow!.claim('evt_1');
    // Another statement is another time, and the claim was for a millisecond.
    await query('SELECT pg_sleep(0.01)', []);
    expect(await next.claim('evt_1')).toBe('new');
    await slow!.release('evt_1');
    await quick!.release('evt_1');
    expect(await quick!.claim('evt_1')).toBe('busy');
    await next.done('evt_1');
    expect(await slow!.claim('evt_1')).toBe('done');
  });

  it('removes what expired, and only that', async () => {
    const consumer = newConsumer();
    const store = postgresStore({ query, consumer });
    for (const id of ['old', 'young']) {
      await store.claim(id);
      await store.done(id);
    }
    await query(`UPDATE posthorn_received SET expires_at = now() - interval '1 second' WHERE id = 'old'`, []);
    expect(await store.prune()).toBe(1);
    const { rows } = await query('SELECT id FROM posthorn_received WHERE consumer = $1', [consumer]);
    expect(rows).toEqual([{ id: 'young' }]);
  });

  it('tidies up by itself as events are done', async () => {
    const consumer = newConsumer();
    const store = postgresStore({ query, consumer });
    await store.claim('old');
    await query(`UPDATE posthorn_received SET expires_at = now() - interval '1 second' WHERE consumer = $1`, [
      consumer,
    ]);
    for (let n = 0; n < 500; n += 1) await store.done(`evt_${n}`);
    const { rows } = await query(`SELECT id FROM posthorn_received WHERE consumer = $1 AND id = 'old'`, [consumer]);
    expect(rows).toEqual([]);
  });

  it('tells of a database that is away, and works on when it is back', async () => {
    let isAway = true;
    const store = postgresStore({
      consumer: newConsumer(),
      query: (text, values) => (isAway ? Promise.reject(new Error('away')) : query(text, values)),
    });
    await expect(store.claim('evt_1')).rejects.toThrow('away');
    isAway = false;
    expect(await store.claim('evt_1')).toBe('new');
  });

  it.each(['x; DROP TABLE event', 'a.b.c', '"quoted"', ''])('refuses the table name %j', (table) => {
    expect(() => postgresStore({ query, table })).toThrow(TypeError);
  });
});
