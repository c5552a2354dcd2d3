import type pg from 'pg';
import { createIdSource } from '../../src/ids/id-source.ts';
import { floorId, type IdPrefix, uuidFromId } from '../../src/ids/id.rules.ts';

const states = { pending: 0, succeeded: 1, dead: 2, cancelled: 3 } as const;

/** Puts a team's history into the database row by row, as accept and settle would leave it. */
export type History = {
  teamId: string;
  id(prefix: IdPrefix, atMs?: number): string;
  endpoint(options?: { status?: string; ordering?: string; deleted?: boolean }): Promise<string>;
  event(options?: {
    type?: string;
    atMs?: number;
    body?: Buffer | string;
    contentType?: string;
    orderingKey?: string;
  }): Promise<string>;
  /** `waiting` (the default of pending) puts it in the queue; `owner` leaves it in a node's memory instead. */
  delivery(options: {
    endpointId: string;
    eventId?: string;
    atMs?: number;
    state?: keyof typeof states;
    owner?: number;
    orderingKey?: string;
    blocked?: boolean;
    dueInSeconds?: number;
    cycleAttempts?: number;
  }): Promise<string>;
  attempt(options: {
    deliveryId: string;
    number: number;
    status?: number | null;
    error?: string | null;
    responseBody?: Buffer;
    responseHeaders?: string | null;
    truncated?: boolean;
  }): Promise<string>;
  node(lowDeliveryId?: string): Promise<number>;
};

export async function createHistory(pool: pg.Pool, options: { retentionDays?: number } = {}): Promise<History> {
  let nowMs = 0;
  const ids = createIdSource({ now: () => nowMs });
  const sources = new Map<number, ReturnType<typeof createIdSource>>();
  const id = (prefix: IdPrefix, atMs?: number): string => {
    nowMs = Date.now();
    if (atMs === undefined) return ids.next(prefix);
    let source = sources.get(atMs);
    if (source === undefined) {
      source = createIdSource({ now: () => atMs });
      sources.set(atMs, source);
    }
    return source.next(prefix);
  };
  const teamId = id('team');
  const team = uuidFromId(teamId);
  await pool.query('INSERT INTO team (id, name, retention_days) VALUES ($1, $2, $3)', [
    team,
    'a team',
    options.retentionDays ?? 30,
  ]);
  // History may lie before the partitions that a new database has.
  const ensureDay = async (atMs: number | undefined): Promise<void> => {
    if (atMs === undefined) return;
    for (const parent of ['event', 'delivery', 'attempt']) {
      const day = new Date(atMs).toISOString().slice(0, 10);
      await pool.query(`CREATE TABLE IF NOT EXISTS ${parent}_${day.replaceAll('-', '')} PARTITION OF ${parent}
        FOR VALUES FROM ('${uuidFromId(floor(day, 0))}') TO ('${uuidFromId(floor(day, 1))}')`);
    }
  };
  const event: History['event'] = async ({
    type = 'a.happened',
    atMs,
    body = '{"a":1}',
    contentType,
    orderingKey,
  } = {}) => {
    await ensureDay(atMs);
    const eventId = id('evt', atMs);
    await pool.query(
      'INSERT INTO event (team_id, id, type, content_type, body, ordering_key) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        team,
        uuidFromId(eventId),
        type,
        contentType ?? 'application/json',
        Buffer.from(body as string),
        orderingKey ?? null,
      ],
    );
    return eventId;
  };
  return {
    teamId,
    id,
    event,
    async endpoint({ status = 'active', ordering = 'none', deleted = false } = {}) {
      const endpointId = id('ep');
      await pool.query(
        `INSERT INTO endpoint (team_id, id, url, event_types, signing, retry_schedule_seconds, timeout_ms, concurrency,
           ordering, disable_after_seconds, status, deleted_at)
         VALUES ($1, $2, 'https://example.com', '{*}', '{}', '{60}', 30000, 8, $3, 432000, $4, CASE WHEN $5 THEN now() END)`,
        [team, uuidFromId(endpointId), ordering, status, deleted],
      );
      return endpointId;
    },
    async delivery(options) {
      const { endpointId, atMs, state = 'pending', owner, orderingKey, blocked = false } = options;
      const eventId =
        options.eventId ??
        (await event({
          ...(atMs === undefined ? {} : { atMs }),
          ...(orderingKey === undefined ? {} : { orderingKey }),
        }));
      const deliveryId = id('dlv', atMs);
      await pool.query(
        `INSERT INTO delivery (team_id, id, event_id, endpoint_id, state, attempts, owner, settled_at)
         VALUES ($1, $2, $3, $4, $5::smallint, $6, $7, CASE WHEN $5::smallint > 0 THEN now() END)`,
        [
          team,
          uuidFromId(deliveryId),
          uuidFromId(eventId),
          uuidFromId(endpointId),
          states[state],
          options.cycleAttempts ?? 0,
          owner ?? null,
        ],
      );
      if (state === 'pending' && owner === undefined) {
        await pool.query(
          `INSERT INTO delivery_queue (team_id, delivery_id, event_id, endpoint_id, due_at, cycle_attempts, body_bytes,
             ordering_key, blocked)
           VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6, 7, $7, $8)`,
          [
            team,
            uuidFromId(deliveryId),
            uuidFromId(eventId),
            uuidFromId(endpointId),
            options.dueInSeconds ?? 3600,
            options.cycleAttempts ?? 0,
            orderingKey ?? null,
            blocked,
          ],
        );
      }
      return deliveryId;
    },
    async attempt({
      deliveryId,
      number,
      status = 200,
      error = null,
      responseBody,
      responseHeaders,
      truncated = false,
    }) {
      const attemptId = id('att');
      await pool.query(
        `INSERT INTO attempt (team_id, delivery_id, id, number, started_at, status, error, request_headers,
           response_headers, response_body, response_truncated, total_ms)
         VALUES ($1, $2, $3, $4, now(), $5, $6, $7, $8, $9, $10, 12.5)`,
        [
          team,
          uuidFromId(deliveryId),
          uuidFromId(attemptId),
          number,
          status,
          error,
          'webhook-id: evt_1\nx-empty: ',
          responseHeaders === undefined ? 'content-type: text/plain' : responseHeaders,
          responseBody ?? null,
          truncated,
        ],
      );
      return attemptId;
    },
    async node(lowDeliveryId) {
      const { rows } = await pool.query<{ epoch: number }>(
        `INSERT INTO node (name, lease_until, low_delivery) VALUES ('a node', now() + interval '1 hour', $1) RETURNING epoch`,
        [uuidFromId(lowDeliveryId ?? id('dlv'))],
      );
      return rows[0]?.epoch as number;
    },
  };
}

function floor(day: string, plusDays: number): string {
  return floorId('dlv', Date.parse(`${day}T00:00:00Z`) + plusDays * 86_400_000);
}
