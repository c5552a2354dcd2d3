import type pg from 'pg';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { type CallError, callErrors } from './call-ledger.ts';
import type { CallWindow } from './call-window.rules.ts';
import { histogramBoundsMs, type Percentiles } from './statistics.rules.ts';

export type StatisticsKey = 'operation' | 'status' | 'hour';

/** Figures of calls that have something in common. */
export type CallFigures = {
  calls: number;
  succeeded: number;
  failed: number;
  running: number;
  unknown: number;
  /** Of calls that went to the provider and ended; null without any. */
  totalMs: Percentiles | null;
  firstByteMs: Percentiles | null;
  retries: number;
  requestBytes: number;
  responseBytes: number;
  fromCache: number;
  polling: { violations: number; served: number; refused: number };
  errors: Partial<Record<CallError, number>>;
};

export type CallSample = {
  overall: CallFigures;
  groups: { key: string; figures: CallFigures }[];
  /** Calls that took up to each of histogramBoundsMs, and longer. */
  histogram: number[];
  /** Null: the sample is all there is. */
  sampledFromMs: number | null;
};

type Row = {
  key: string | null;
  outcomes: number[];
  total: (number | null)[] | null;
  first_byte: (number | null)[] | null;
  histogram: number[];
  retries: number;
  request_bytes: number;
  response_bytes: number;
  polls: number[];
  errors: number[];
};

const keys: Readonly<Record<StatisticsKey, string>> = {
  operation: 'operation',
  status: `coalesce(status::text, error, CASE outcome WHEN 0 THEN 'running' WHEN 3 THEN 'unknown' ELSE 'none' END)`,
  hour: `to_char(uuid_time(id) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:00:00"Z"')`,
};
const counts = (conditions: readonly string[]): string =>
  `ARRAY[${conditions.map((condition) => `count(*) FILTER (WHERE ${condition})`).join(', ')}]::integer[]`;
const percentiles = (column: string): string =>
  `percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${column}) FILTER (WHERE tries_count > 0)`;

const aggregates = `
  ${counts(['true', 'outcome = 1', 'outcome = 2', 'outcome = 0', 'outcome = 3', 'cache IS NOT NULL'])} AS outcomes,
  ${percentiles('total_ms')} AS total, ${percentiles('first_byte_ms')} AS first_byte,
  ${counts([...histogramBoundsMs, null].map((_, index) => `bucket = ${index}`))} AS histogram,
  coalesce(sum(greatest(tries_count - 1, 0)), 0)::double precision AS retries,
  coalesce(sum(request_bytes), 0)::double precision AS request_bytes,
  coalesce(sum(response_bytes), 0)::double precision AS response_bytes,
  ${counts(['violation', 'served', 'refused'].map((each) => `polling = '${each}'`))} AS polls,
  ${counts(callErrors.map((error) => `error = '${error}'`))} AS errors`;

/** Exact figures of the newest `sampleMax` calls in the window: over all first, then by key, the most frequent first. */
export async function readStatistics(
  database: Pick<pg.Pool, 'query'>,
  input: {
    teamId: string;
    connectionId: string | null;
    window: CallWindow;
    groupBy: StatisticsKey;
    sampleMax: number;
    groupsMax: number;
  },
): Promise<CallSample> {
  const { window, groupBy, sampleMax } = input;
  // A uuid of our own making: the planner has to know it to choose between the indexes.
  const ofConnection =
    input.connectionId === null ? '' : ` AND connection_id = '${uuidFromId(input.connectionId)}'::uuid`;
  const sample = `SELECT * FROM call WHERE team_id = $1 AND id >= $2 AND id < $3${ofConnection} ORDER BY id DESC`;
  const bounds = [uuidFromId(input.teamId), window.from, window.before];
  const { rows } = await database.query<Row>(
    `SELECT key, ${aggregates} FROM (
       SELECT ${keys[groupBy]} AS key, s.*, CASE WHEN tries_count > 0
         THEN width_bucket(total_ms::double precision, $6::double precision[]) END AS bucket
       FROM (${sample} LIMIT $4) s) c
     GROUP BY GROUPING SETS ((key), ())
     ORDER BY grouping(key) DESC, ${groupBy === 'hour' ? 'key' : 'count(*) DESC, key'} LIMIT $5`,
    [...bounds, sampleMax, input.groupsMax + 1, histogramBoundsMs.map(justAbove)],
  );
  const [first, ...others] = rows;
  if (first === undefined) throw new Error('the empty grouping set always has a row');
  const overall = toFigures(first);
  const groups = others.map((row) => ({ key: row.key ?? '', figures: toFigures(row) }));
  const { histogram } = first;
  if (overall.calls < sampleMax) return { overall, groups, histogram, sampledFromMs: null };
  const last = await database.query<{ id: string }>(`SELECT s.id FROM (${sample} OFFSET $4 LIMIT 1) s`, [
    ...bounds,
    sampleMax - 1,
  ]);
  const id = last.rows[0]?.id;
  const sampledFromMs = id === undefined ? null : timeOfId(idFromUuid(idPrefixes.call, id));
  return { overall, groups, histogram, sampledFromMs };
}

/** A bound belongs to the bucket below it, while width_bucket counts it into the one above. */
function justAbove(boundMs: number): number {
  return boundMs * (1 + Number.EPSILON);
}

function toFigures(row: Row): CallFigures {
  const [calls = 0, succeeded = 0, failed = 0, running = 0, unknown = 0, fromCache = 0] = row.outcomes;
  const [violations = 0, served = 0, refused = 0] = row.polls;
  return {
    calls,
    succeeded,
    failed,
    running,
    unknown,
    totalMs: toPercentiles(row.total),
    firstByteMs: toPercentiles(row.first_byte),
    retries: row.retries,
    requestBytes: row.request_bytes,
    responseBytes: row.response_bytes,
    fromCache,
    polling: { violations, served, refused },
    errors: Object.fromEntries(
      callErrors.flatMap((error, index) => {
        const count = row.errors[index] ?? 0;
        return count === 0 ? [] : [[error, count]];
      }),
    ),
  };
}

function toPercentiles(values: (number | null)[] | null): Percentiles | null {
  const [p50 = null, p95 = null, p99 = null] = values ?? [];
  return p50 === null || p95 === null || p99 === null ? null : { p50, p95, p99 };
}
