import type pg from 'pg';
import type { DeliveryStore } from '../../src/delivery/delivery-ports.ts';
import { createPostgresDeliveryStore } from '../../src/delivery/postgres-delivery.store.ts';
import { type AcceptStore, createPostgresAcceptStore } from '../../src/events/accept.store.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { uuidFromId } from '../../src/ids/id.rules.ts';
import { createMemoryAcceptStore } from '../simulation/memory-accept-store.ts';
import { MemoryDatabase, type QueueRow } from '../simulation/memory-database.ts';
import { createMemoryDeliveryStore } from '../simulation/memory-delivery-store.ts';
import { createTestDatabase } from '../support/test-database.ts';

type Queued = Pick<QueueRow, 'cycleAttempts' | 'bodyBytes' | 'claimedBy' | 'orderingKey' | 'blocked'> & {
  dueInMs: number;
};

/** The two stores of one database, and what a test needs to set the scene and to look behind it. */
export type StoreUnderTest = {
  deliveries: DeliveryStore;
  accepts: AcceptStore;
  nowMs(): Promise<number>;
  /** Lets the database's time go by. */
  passTime(ms: number): Promise<void>;
  addTeam(): Promise<string>;
  /** @returns the team's new configuration version. */
  changeTeam(teamId: string): Promise<number>;
  deleteTeam(teamId: string): Promise<void>;
  delivery(id: string): Promise<{ state: string; attempts: number; owner: number | null } | null>;
  queued(deliveryId: string): Promise<Queued | null>;
  attempts(deliveryId: string): Promise<{ number: number; status: number | null; error: string | null }[]>;
  countEvents(): Promise<number>;
  /** How many dead deliveries the outbox tells of. */
  toldDead(): Promise<number>;
  close(): Promise<void>;
};

export async function openMemoryStore(): Promise<StoreUnderTest> {
  let nowMs = Date.UTC(2026, 7, 3);
  const database = new MemoryDatabase(() => nowMs);
  const ids = createIdSource({ now: () => nowMs });
  const team = (id: string) => database.teams.get(id) as { version: number; deleted: boolean };
  return {
    deliveries: createMemoryDeliveryStore(database),
    accepts: createMemoryAcceptStore(database),
    nowMs: () => Promise.resolve(nowMs),
    async passTime(ms) {
      nowMs += ms;
    },
    async addTeam() {
      const id = ids.next('team');
      database.teams.set(id, { version: 1, deleted: false });
      return id;
    },
    async changeTeam(id) {
      team(id).version += 1;
      return team(id).version;
    },
    async deleteTeam(id) {
      team(id).deleted = true;
    },
    async delivery(id) {
      const row = database.deliveries.get(id);
      return row === undefined ? null : { state: row.state, attempts: row.attempts, owner: row.owner };
    },
    async queued(id) {
      const row = database.queue.get(id);
      if (row === undefined) return null;
      const { cycleAttempts, bodyBytes, claimedBy, orderingKey, blocked } = row;
      return { cycleAttempts, bodyBytes, claimedBy, orderingKey, blocked, dueInMs: row.dueAtMs - nowMs };
    },
    async attempts(deliveryId) {
      return [...database.attempts.values()]
        .filter((row) => row.deliveryId === deliveryId)
        .map(({ number, status, error }) => ({ number, status, error }));
    },
    countEvents: () => Promise.resolve(database.events.size),
    toldDead: () => Promise.resolve(database.outbox.length),
    close: () => Promise.resolve(),
  };
}

export async function openPostgresStore(): Promise<StoreUnderTest & { pool: pg.Pool; config: pg.ClientConfig }> {
  const database = await createTestDatabase();
  const { pool, config } = database;
  const ids = createIdSource({ now: Date.now });
  const one = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row | null> =>
    (await pool.query<Row>(sql, values)).rows[0] ?? null;
  return {
    pool,
    config,
    deliveries: createPostgresDeliveryStore(pool),
    accepts: createPostgresAcceptStore(pool),
    async nowMs() {
      const row = await one<{ ms: number }>('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms');
      return row?.ms as number;
    },
    async passTime(ms) {
      const interval = `${ms} milliseconds`;
      await pool.query('UPDATE delivery_queue SET due_at = due_at - $1::interval', [interval]);
      await pool.query('UPDATE node SET lease_until = lease_until - $1::interval', [interval]);
    },
    async addTeam() {
      const id = ids.next('team');
      await pool.query(`INSERT INTO team (id, name) VALUES ($1, 'a team')`, [uuidFromId(id)]);
      return id;
    },
    async changeTeam(id) {
      const row = await one<{ version: string }>(
        `UPDATE team SET name = name || '!' WHERE id = $1 RETURNING config_version AS version`,
        [uuidFromId(id)],
      );
      return Number(row?.version);
    },
    async deleteTeam(id) {
      await pool.query(`UPDATE team SET deleted_at = now(), config_version = config_version WHERE id = $1`, [
        uuidFromId(id),
      ]);
    },
    delivery: (id) =>
      one(
        `SELECT (ARRAY['pending', 'succeeded', 'dead', 'cancelled'])[state + 1] AS state, attempts, owner
         FROM delivery WHERE id = $1`,
        [uuidFromId(id)],
      ),
    queued: (id) =>
      one(
        `SELECT (extract(epoch FROM due_at - now()) * 1000)::float8 AS "dueInMs", cycle_attempts AS "cycleAttempts",
           body_bytes AS "bodyBytes", claimed_by AS "claimedBy", ordering_key AS "orderingKey", blocked
         FROM delivery_queue WHERE delivery_id = $1`,
        [uuidFromId(id)],
      ),
    async attempts(deliveryId) {
      const { rows } = await pool.query<{ number: number; status: number | null; error: string | null }>(
        'SELECT number, status, error FROM attempt WHERE delivery_id = $1 ORDER BY id',
        [uuidFromId(deliveryId)],
      );
      return rows;
    },
    async countEvents() {
      return Number((await one<{ count: string }>('SELECT count(*) FROM event'))?.count);
    },
    async toldDead() {
      const sql = `SELECT count(*) FROM operational_outbox WHERE type = 'posthorn.delivery.dead'`;
      return Number((await one<{ count: string }>(sql))?.count);
    },
    close: () => database.drop(),
  };
}
