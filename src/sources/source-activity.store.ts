import type pg from 'pg';
import { uuidFromId } from '../ids/id.rules.ts';
import type { ArrivalOrigin, StoredArrival } from './arrival.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** What a source did since the last time it was written. Times are Unix milliseconds. */
export type ActivityTally = {
  teamId: string;
  sourceId: string;
  received: number;
  duplicates: number;
  rejected: number;
  lastReceivedMs: number | null;
  lastDuplicateMs: number | null;
  lastRejectedMs: number | null;
  lastRejectionReason: string | null;
  lastRejectionDetail: string | null;
};

/** Requests that a source rejected within one minute for one reason. */
export type RejectionTally = {
  teamId: string;
  sourceId: string;
  minuteMs: number;
  reason: string;
  count: number;
  lastMs: number;
  lastDetail: string;
  lastAddress: string | null;
  lastSizeBytes: number | null;
};

/** Where verified requests came from, newest or not. */
export type ArrivalTally = {
  teamId: string;
  sourceId: string;
  origin: ArrivalOrigin;
  arrivals: readonly StoredArrival[];
};

/** Of each origin of a source. */
export const mostArrivals = 16;

/** As a list shows it. */
export type StoredRejection = {
  minute: Date;
  reason: string;
  count: number;
  lastAt: Date;
  lastDetail: string;
  lastAddress: string | null;
  lastSizeBytes: number | null;
};

/**
 * Adds to what is stored, in one statement. Rows are locked in the order of their keys, so that nodes that write at
 * the same time wait for each other and do not deadlock. Sources that were deleted meanwhile are left out.
 */
export async function addActivity(
  database: Queryable,
  activities: readonly ActivityTally[],
  rejections: readonly RejectionTally[],
  arrivals: readonly ArrivalTally[] = [],
): Promise<void> {
  await database.query(
    `WITH activity AS (
       INSERT INTO source_activity AS a (team_id, source_id, received, duplicates, rejected, last_received_at,
           last_duplicate_at, last_rejected_at, last_rejection_reason, last_rejection_detail)
         SELECT u.team, u.source, u.received, u.duplicates, u.rejected, to_timestamp(u.received_ms / 1000),
             to_timestamp(u.duplicate_ms / 1000), to_timestamp(u.rejected_ms / 1000), u.reason, u.detail
           FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::double precision[],
               $7::double precision[], $8::double precision[], $9::text[], $10::text[])
             AS u(team, source, received, duplicates, rejected, received_ms, duplicate_ms, rejected_ms, reason, detail)
           JOIN source s ON s.team_id = u.team AND s.id = u.source AND s.deleted_at IS NULL
           ORDER BY u.team, u.source
         ON CONFLICT (team_id, source_id) DO UPDATE SET
           received = a.received + excluded.received,
           duplicates = a.duplicates + excluded.duplicates,
           rejected = a.rejected + excluded.rejected,
           last_received_at = greatest(a.last_received_at, excluded.last_received_at),
           last_duplicate_at = greatest(a.last_duplicate_at, excluded.last_duplicate_at),
           last_rejected_at = greatest(a.last_rejected_at, excluded.last_rejected_at),
           last_rejection_reason = CASE WHEN excluded.last_rejected_at >= coalesce(a.last_rejected_at, '-infinity')
             THEN excluded.last_rejection_reason ELSE a.last_rejection_reason END,
           last_rejection_detail = CASE WHEN excluded.last_rejected_at >= coalesce(a.last_rejected_at, '-infinity')
             THEN excluded.last_rejection_detail ELSE a.last_rejection_detail END),
     arrival AS (
       INSERT INTO source_arrival AS v (team_id, source_id, origin, newest)
         SELECT u.team, u.source, u.origin, u.newest
           FROM unnest($20::uuid[], $21::uuid[], $22::text[], $23::jsonb[]) AS u(team, source, origin, newest)
           JOIN source s ON s.team_id = u.team AND s.id = u.source AND s.deleted_at IS NULL
           ORDER BY u.team, u.source, u.origin
         ON CONFLICT (team_id, source_id, origin) DO UPDATE SET newest =
           (SELECT jsonb_agg(n.one ORDER BY n.at DESC) FROM (
             SELECT DISTINCT one, (one ->> 'atMs')::double precision AS at
               FROM jsonb_array_elements(excluded.newest || v.newest) AS x(one) ORDER BY at DESC
               LIMIT ${mostArrivals}) n))
     INSERT INTO source_rejection AS r (team_id, source_id, minute, reason, count, last_at, last_detail, last_address,
         last_bytes)
       SELECT u.team, u.source, to_timestamp(u.minute_ms / 1000), u.reason, u.count, to_timestamp(u.last_ms / 1000),
           u.detail, u.address, u.bytes
         FROM unnest($11::uuid[], $12::uuid[], $13::double precision[], $14::text[], $15::bigint[],
             $16::double precision[], $17::text[], $18::text[], $19::bigint[])
           AS u(team, source, minute_ms, reason, count, last_ms, detail, address, bytes)
         JOIN source s ON s.team_id = u.team AND s.id = u.source AND s.deleted_at IS NULL
         ORDER BY u.team, u.source, u.minute_ms, u.reason
       ON CONFLICT (team_id, source_id, minute, reason) DO UPDATE SET
         count = r.count + excluded.count,
         last_at = greatest(r.last_at, excluded.last_at),
         last_detail = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last_detail ELSE r.last_detail END,
         last_address = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last_address ELSE r.last_address END,
         last_bytes = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last_bytes ELSE r.last_bytes END`,
    [...activityColumns(activities), ...rejectionColumns(rejections), ...arrivalColumns(arrivals)],
  );
}

function activityColumns(tallies: readonly ActivityTally[]): unknown[] {
  return [
    tallies.map(({ teamId }) => uuidFromId(teamId)),
    tallies.map(({ sourceId }) => uuidFromId(sourceId)),
    tallies.map(({ received }) => received),
    tallies.map(({ duplicates }) => duplicates),
    tallies.map(({ rejected }) => rejected),
    tallies.map(({ lastReceivedMs }) => lastReceivedMs),
    tallies.map(({ lastDuplicateMs }) => lastDuplicateMs),
    tallies.map(({ lastRejectedMs }) => lastRejectedMs),
    tallies.map(({ lastRejectionReason }) => lastRejectionReason),
    tallies.map(({ lastRejectionDetail }) => lastRejectionDetail),
  ];
}

function rejectionColumns(tallies: readonly RejectionTally[]): unknown[] {
  return [
    tallies.map(({ teamId }) => uuidFromId(teamId)),
    tallies.map(({ sourceId }) => uuidFromId(sourceId)),
    tallies.map(({ minuteMs }) => minuteMs),
    tallies.map(({ reason }) => reason),
    tallies.map(({ count }) => count),
    tallies.map(({ lastMs }) => lastMs),
    tallies.map(({ lastDetail }) => lastDetail),
    tallies.map(({ lastAddress }) => lastAddress),
    tallies.map(({ lastSizeBytes }) => lastSizeBytes),
  ];
}

function arrivalColumns(tallies: readonly ArrivalTally[]): unknown[] {
  return [
    tallies.map(({ teamId }) => uuidFromId(teamId)),
    tallies.map(({ sourceId }) => uuidFromId(sourceId)),
    tallies.map(({ origin }) => origin),
    tallies.map(({ arrivals }) => JSON.stringify(arrivals)),
  ];
}

/** The newest of each origin, newest first. */
export async function listArrivalRows(
  database: Queryable,
  teamId: string,
  sourceId: string,
): Promise<(StoredArrival & { origin: ArrivalOrigin })[]> {
  const { rows } = await database.query<{ origin: ArrivalOrigin; newest: StoredArrival[] }>(
    'SELECT origin, newest FROM source_arrival WHERE team_id = $1 AND source_id = $2',
    [uuidFromId(teamId), uuidFromId(sourceId)],
  );
  return rows
    .flatMap(({ origin, newest }) => newest.map((arrival) => ({ origin, ...arrival })))
    .toSorted((one, other) => other.atMs - one.atMs);
}

/** Newest minute first, then by reason from its end. `after`: only what comes behind this row. */
export async function listRejectionRows(
  database: Queryable,
  teamId: string,
  sourceId: string,
  limit: number,
  after: { minuteMs: number; reason: string } | null,
): Promise<StoredRejection[]> {
  const { rows } = await database.query<StoredRejection>(
    `SELECT minute, reason, count::double precision AS count, last_at AS "lastAt", last_detail AS "lastDetail",
         last_address AS "lastAddress", last_bytes::double precision AS "lastSizeBytes"
       FROM source_rejection WHERE team_id = $1 AND source_id = $2
         AND ($4::double precision IS NULL OR (minute, reason) < (to_timestamp($4 / 1000), $5))
       ORDER BY minute DESC, reason DESC LIMIT $3`,
    [uuidFromId(teamId), uuidFromId(sourceId), limit, after?.minuteMs ?? null, after?.reason ?? null],
  );
  return rows;
}
