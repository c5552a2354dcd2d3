import type pg from 'pg';
import { floorId, idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Integration } from '../reviews/review.ts';
import type { DaySummary, WatchFigures } from './watch.ts';
import { percent } from './watch.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;
type Span = { sinceMs: number; untilMs: number };

/** What one figure looks at of each connection, endpoint or source: the newest. */
const rowsMost = 20_000;
/** Providers' events that tell of a document refused. Source: the provider facts. */
const refusals = `('DOCUMENT_REJECTED', 'envelope-declined', 'transaction.failed', 'document.failed_validation')`;

const uuidAt = (unixMs: number): string => uuidFromId(floorId(idPrefixes.event, Math.max(0, Math.floor(unixMs))));

type Calls = { calls: number; failed: number; p50: number | null; p95: number | null };
type Deliveries = { deliveries: number; succeeded: number; failing: number; dead: number };
type Webhooks = { webhooks: number; rejected: number };

async function readCalls(database: Queryable, teamId: string, ids: readonly string[], span: Span): Promise<Calls> {
  const { rows } = await database.query<Calls>(
    `SELECT count(*) FILTER (WHERE outcome IN (1, 2))::integer AS calls,
        count(*) FILTER (WHERE outcome = 2)::integer AS failed,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE tries_count > 0) AS p50,
        percentile_disc(0.95) WITHIN GROUP (ORDER BY total_ms) FILTER (WHERE tries_count > 0) AS p95
      FROM unnest($2::uuid[]) c(id) CROSS JOIN LATERAL (SELECT outcome, total_ms, tries_count FROM call
        WHERE connection_id = c.id AND team_id = $1 AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT ${rowsMost}) x`,
    [uuidFromId(teamId), ids.map(uuidFromId), uuidAt(span.sinceMs), uuidAt(span.untilMs)],
  );
  return rows[0] ?? { calls: 0, failed: 0, p50: null, p95: null };
}

async function readDeliveries(
  database: Queryable,
  teamId: string,
  ids: readonly string[],
  span: Span,
): Promise<Deliveries> {
  const { rows } = await database.query<Deliveries>(
    `SELECT count(*)::integer AS deliveries, count(*) FILTER (WHERE state = 1)::integer AS succeeded,
        count(*) FILTER (WHERE state = 0 AND attempts > 0)::integer AS failing,
        count(*) FILTER (WHERE state = 2)::integer AS dead
      FROM unnest($2::uuid[]) e(id) CROSS JOIN LATERAL (SELECT state, attempts FROM delivery
        WHERE team_id = $1 AND endpoint_id = e.id AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT ${rowsMost}) x`,
    [uuidFromId(teamId), ids.map(uuidFromId), uuidAt(span.sinceMs), uuidAt(span.untilMs)],
  );
  return rows[0] ?? { deliveries: 0, succeeded: 0, failing: 0, dead: 0 };
}

async function readWebhooks(
  database: Queryable,
  teamId: string,
  ids: readonly string[],
  span: Span,
): Promise<Webhooks> {
  const { rows } = await database.query<Webhooks>(
    `SELECT count(*)::integer AS webhooks, count(*) FILTER (WHERE type IN ${refusals})::integer AS rejected
      FROM unnest($2::uuid[]) s(id) CROSS JOIN LATERAL (SELECT type FROM event
        WHERE team_id = $1 AND source_id = s.id AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT ${rowsMost}) x`,
    [uuidFromId(teamId), ids.map(uuidFromId), uuidAt(span.sinceMs), uuidAt(span.untilMs)],
  );
  return rows[0] ?? { webhooks: 0, rejected: 0 };
}

/** @param reason only for this one; null: for any. */
async function readRefused(
  database: Queryable,
  teamId: string,
  ids: readonly string[],
  span: Span,
  reasons: readonly string[] | null,
): Promise<number> {
  const { rows } = await database.query<{ refused: number }>(
    `SELECT coalesce(sum(count), 0)::double precision AS refused FROM source_rejection
      WHERE team_id = $1 AND source_id = ANY ($2::uuid[]) AND ($5::text[] IS NULL OR reason = ANY ($5))
        AND minute >= date_trunc('minute', to_timestamp($3::double precision / 1000))
        AND minute < to_timestamp($4::double precision / 1000)`,
    [uuidFromId(teamId), ids.map(uuidFromId), span.sinceMs, span.untilMs, reasons],
  );
  return rows[0]?.refused ?? 0;
}

/** What the limits are compared with: an integration in a span of time, an hour unless tests say otherwise. */
export async function readFigures(
  database: Queryable,
  teamId: string,
  { connections, endpoints, sources }: Integration,
  span: Span,
  signatureReasons: readonly string[],
): Promise<WatchFigures> {
  const calls = await readCalls(database, teamId, connections, span);
  const deliveries = await readDeliveries(database, teamId, endpoints, span);
  const webhooks = await readWebhooks(database, teamId, sources, span);
  const { succeeded, failing, dead } = deliveries;
  return {
    errorPercent: percent(calls.failed, calls.calls),
    p95Ms: calls.p95 === null ? null : Math.round(calls.p95),
    deliverySuccessPercent: percent(succeeded, succeeded + failing + dead),
    deadLetters: dead,
    rejectedDocuments: webhooks.rejected,
    failedSignatures: await readRefused(database, teamId, sources, span, signatureReasons),
  };
}

/** What a day came to, and what of the integration was changed on it. */
export async function readDay(
  database: Queryable,
  teamId: string,
  { connections, endpoints, sources }: Integration,
  span: Span,
): Promise<Omit<DaySummary, 'crossed'>> {
  const calls = await readCalls(database, teamId, connections, span);
  const deliveries = await readDeliveries(database, teamId, endpoints, span);
  const webhooks = await readWebhooks(database, teamId, sources, span);
  const slowest = await database.query<{ id: string; operation: string; total_ms: number }>(
    `SELECT x.id, operation, total_ms FROM unnest($2::uuid[]) c(id) CROSS JOIN LATERAL (
        SELECT id, operation, total_ms FROM call WHERE connection_id = c.id AND team_id = $1 AND id >= $3 AND id < $4
          AND total_ms IS NOT NULL ORDER BY id DESC LIMIT ${rowsMost}) x ORDER BY total_ms DESC LIMIT 5`,
    [uuidFromId(teamId), connections.map(uuidFromId), uuidAt(span.sinceMs), uuidAt(span.untilMs)],
  );
  const changed = await database.query<{ what: string }>(
    `SELECT what FROM (
        SELECT 'connection ' || name AS what, id, team_id, updated_at FROM connection
        UNION ALL SELECT 'source ' || name, id, team_id, updated_at FROM source
        UNION ALL SELECT 'endpoint ' || regexp_replace(url, '[?#].*', ''), id, team_id, updated_at FROM endpoint) t
      WHERE team_id = $1 AND id = ANY ($2::uuid[])
        AND updated_at >= to_timestamp($3::double precision / 1000) AND updated_at < to_timestamp($4::double precision / 1000)
      ORDER BY what LIMIT 50`,
    [uuidFromId(teamId), [...connections, ...sources, ...endpoints].map(uuidFromId), span.sinceMs, span.untilMs],
  );
  const { succeeded, failing, dead } = deliveries;
  return {
    calls: calls.calls,
    failedCalls: calls.failed,
    errorPercent: percent(calls.failed, calls.calls),
    p50Ms: calls.p50 === null ? null : Math.round(calls.p50),
    p95Ms: calls.p95 === null ? null : Math.round(calls.p95),
    deliveries: deliveries.deliveries,
    deliverySuccessPercent: percent(succeeded, succeeded + failing + dead),
    deadLetters: dead,
    webhooks: webhooks.webhooks,
    refusedWebhooks: await readRefused(database, teamId, sources, span, null),
    rejectedDocuments: webhooks.rejected,
    slowest: slowest.rows.map(({ id, operation, total_ms }) => ({
      callId: idFromUuid(idPrefixes.call, id),
      operation,
      durationMs: Math.round(total_ms),
    })),
    changed: changed.rows.map(({ what }) => what),
  };
}
