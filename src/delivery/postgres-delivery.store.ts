import type pg from 'pg';
import {
  boolColumn,
  byteaColumn,
  type Column,
  float4Column,
  float8Column,
  int2Column,
  int4Column,
  textColumn,
  uuidColumn,
} from '../database/binary-arrays.ts';
import { decodeCoverage } from '../events/coverage-code.rules.ts';
import { idFromUuid, uuidFromId } from '../ids/id.rules.ts';
import type { Beat, DeliveryItem, DeliveryStore, Settlement } from './delivery-ports.ts';

/** The lease cannot wait: a beat that hangs would end it. */
const soon = { query_timeout: 5_000 };

const outcomeCodes = { retry: 0, succeeded: 1, dead: 2 } as const;

const freshSql = `SELECT settle_fresh_successes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS applied`;
const anySql = `SELECT cardinality(settle_deliveries(${Array.from({ length: 26 }, (_, index) => `$${index + 1}`).join(', ')})) AS applied`;

/** The engine's store in PostgreSQL: one function call, one round trip and one commit for each batch. */
export function createPostgresDeliveryStore(pool: pg.Pool): DeliveryStore {
  return {
    async join({ name, lowDeliveryId, leaseSeconds }) {
      const { rows } = await pool.query<{ epoch: number; now_ms: number }>({
        text: `INSERT INTO node (name, lease_until, low_delivery) VALUES ($1, now() + make_interval(secs => $2), $3)
          RETURNING epoch, (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS now_ms`,
        values: [name, leaseSeconds, uuidFromId(lowDeliveryId)],
        ...soon,
      });
      const row = rows[0] as { epoch: number; now_ms: number };
      return { epoch: row.epoch, databaseNowMs: row.now_ms };
    },

    async beat({ epoch, lowDeliveryId, leaseSeconds }): Promise<Beat> {
      const { rows } = await pool.query<{
        alive: boolean;
        live_nodes: string;
        expired: number[] | null;
        database_now_ms: number;
      }>({
        name: 'node_beat',
        text: 'SELECT * FROM node_beat($1, $2, $3)',
        values: [epoch, uuidFromId(lowDeliveryId), leaseSeconds],
        ...soon,
      });
      const row = rows[0] as (typeof rows)[0];
      return {
        alive: row.alive,
        liveNodes: Number(row.live_nodes),
        expiredEpochs: row.expired ?? [],
        databaseNowMs: row.database_now_ms,
      };
    },

    async takeOver(epoch, force) {
      const { rows } = await pool.query<{ freed: string | null }>('SELECT take_over_node($1, $2) AS freed', [
        epoch,
        !force,
      ]);
      const freed = rows[0]?.freed ?? null;
      return freed === null ? null : Number(freed);
    },

    async epochs() {
      return (await pool.query<{ epoch: number }>('SELECT epoch FROM node')).rows.map((row) => row.epoch);
    },

    async settle(epoch, batch) {
      const fresh = batch.filter(isFreshSuccess);
      const others = fresh.length === 0 ? batch : batch.filter((settlement) => !isFreshSuccess(settlement));
      let applied = 0;
      if (fresh.length > 0) applied += await settleFresh(pool, epoch, fresh);
      if (others.length > 0) applied += await settleAny(pool, epoch, others);
      return applied;
    },

    async release(epoch, deliveries, when = 'now') {
      await pool.query({
        name: 'release_deliveries',
        text: 'SELECT release_deliveries($1, $2, $3, $4)',
        values: [epoch, ...releasedColumns.map((column) => column(deliveries)), when === 'after accepts'],
      });
    },

    async releaseUnheld(epoch, held) {
      await pool.query('SELECT release_unheld($1, $2)', [epoch, heldIds(held)]);
    },

    async waitingEndpoints() {
      const { rows } = await pool.query<{ team_id: string; endpoint_id: string; due_in_ms: number }>({
        name: 'waiting_endpoints',
        text: 'SELECT * FROM waiting_endpoints()',
      });
      return rows.map((row) => ({
        teamId: idFromUuid('team', row.team_id),
        endpointId: idFromUuid('ep', row.endpoint_id),
        dueInMs: row.due_in_ms,
      }));
    },

    async claim(epoch, wants, budgetBytes) {
      const { rows } = await pool.query<ClaimedRow>({
        name: 'claim_deliveries',
        text: 'SELECT * FROM claim_deliveries($1, $2, $3, $4)',
        values: [epoch, ...wantColumns.map((column) => column(wants)), budgetBytes],
      });
      return rows.map((row) => toItem(row, epoch));
    },
  };
}

type ClaimedRow = {
  team_id: string;
  delivery_id: string;
  event_id: string;
  endpoint_id: string;
  cycle_attempts: number;
  attempts: number;
  ordering_key: string | null;
  event_type: string;
  content_type: string;
  body: Buffer;
  source_id: string | null;
  coverage: number | null;
  blob_key: string | null;
  body_bytes: number | null;
};

function toItem(row: ClaimedRow, epoch: number): DeliveryItem {
  return {
    epoch,
    teamId: idFromUuid('team', row.team_id),
    deliveryId: idFromUuid('dlv', row.delivery_id),
    eventId: idFromUuid('evt', row.event_id),
    endpointId: idFromUuid('ep', row.endpoint_id),
    eventType: row.event_type,
    contentType: row.content_type,
    body: row.body,
    blob: row.blob_key === null ? null : { key: row.blob_key, sizeBytes: row.body_bytes ?? 0 },
    origin:
      row.source_id === null
        ? null
        : { sourceId: idFromUuid('src', row.source_id), coverage: decodeCoverage(row.coverage) },
    attempts: row.attempts,
    cycleAttempts: row.cycle_attempts,
    orderingKey: row.ordering_key,
    fresh: false,
    enteredAtMs: 0,
  };
}

function isFreshSuccess(settlement: Settlement): boolean {
  return settlement.item.fresh && settlement.outcome === 'succeeded';
}

const heldIds = uuidColumn<string>((id) => id);

const releasedColumns: readonly Column<{ teamId: string; deliveryId: string }>[] = [
  uuidColumn((row) => row.teamId),
  uuidColumn((row) => row.deliveryId),
];

const wantColumns: readonly Column<{ endpointId: string; room: number }>[] = [
  uuidColumn((want) => want.endpointId),
  int4Column((want) => want.room),
];

const idColumns: readonly Column<Settlement>[] = [
  uuidColumn((row) => row.item.teamId),
  uuidColumn((row) => row.item.deliveryId),
  uuidColumn((row) => row.attemptId),
];

const exchangeColumns: readonly Column<Settlement>[] = [
  textColumn((row) => row.requestHeaders),
  textColumn((row) => row.responseHeaders),
  byteaColumn((row) => row.responseBody),
  boolColumn((row) => row.responseTruncated),
  float4Column((row) => row.timing.dnsMs),
  float4Column((row) => row.timing.connectMs),
  float4Column((row) => row.timing.tlsMs),
  float4Column((row) => row.timing.firstByteMs),
  float4Column((row) => row.timing.totalMs),
];

const startedAt = float8Column<Settlement>((row) => row.startedAtMs);
const status = int2Column<Settlement>((row) => row.status);

/** The parameters of settle_fresh_successes behind the epoch. */
const freshColumns: readonly Column<Settlement>[] = [...idColumns, startedAt, status, ...exchangeColumns];

/** The parameters of settle_deliveries behind the epoch. */
const anyColumns: readonly Column<Settlement>[] = [
  ...idColumns,
  int2Column((row) => Math.min(32_767, row.item.attempts + 1)),
  startedAt,
  status,
  textColumn((row) => row.error),
  textColumn((row) => row.errorMessage),
  ...exchangeColumns,
  int2Column((row) => outcomeCodes[row.outcome]),
  float8Column((row) => row.delayMs),
  int2Column((row) => Math.min(32_767, row.item.cycleAttempts + (row.counted ? 1 : 0))),
  int4Column((row) => row.item.body.length),
  uuidColumn((row) => row.item.endpointId),
  uuidColumn((row) => row.item.eventId),
  textColumn((row) => row.item.orderingKey),
  boolColumn((row) => row.item.eventType.startsWith('posthorn.')),
];

async function settleFresh(pool: pg.Pool, epoch: number, batch: Settlement[]): Promise<number> {
  const values = [epoch, ...freshColumns.map((column) => column(batch))];
  const settle = { name: 'settle_fresh_successes', text: freshSql, values };
  const { rows } = await pool.query<{ applied: string }>(settle);
  return Number(rows[0]?.applied);
}

async function settleAny(pool: pg.Pool, epoch: number, batch: Settlement[]): Promise<number> {
  const values = [epoch, ...anyColumns.map((column) => column(batch))];
  const { rows } = await pool.query<{ applied: number }>({ name: 'settle_deliveries', text: anySql, values });
  return rows[0]?.applied ?? 0;
}
