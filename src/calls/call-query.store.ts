import type pg from 'pg';
import { idFromUuid, idPrefixes, timeOfId, uuidFromId } from '../ids/id.rules.ts';
import { type CallFilter, type CallOutcome, callOutcomes, pathOf } from './call-filter.rules.ts';
import type { CallEnd, CallStart } from './call-ledger.ts';
import type { CallWindow } from './call-window.rules.ts';
import type { StoredTries } from './read-tries.rules.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A call as lists show it. Times are RFC 3339; what is not known before its end is null until then. */
export type CallSummary = Omit<CallStart, 'teamId' | 'template' | 'resource'> &
  Pick<CallEnd, 'status' | 'error' | 'errorCode' | 'cache' | 'polling'> & {
    outcome: CallOutcome;
    answered: number | null;
    tryCount: number | null;
    firstByteMs: number | null;
    totalMs: number | null;
    requestBytes: number | null;
    responseBytes: number | null;
    startedAt: string;
    endedAt: string | null;
  };

type SummaryRow = {
  id: string;
  connection_id: string;
  provider: string;
  environment: CallStart['environment'];
  api_key_id: string | null;
  origin: CallStart['origin'];
  method: string;
  operation: string;
  subject: string | null;
  path: string;
  counted: boolean;
  outcome: number;
  status: number | null;
  answered: number | null;
  error: CallEnd['error'];
  error_code: string | null;
  cache: CallEnd['cache'];
  polling: CallEnd['polling'];
  tries_count: number | null;
  first_byte_ms: number | null;
  total_ms: number | null;
  request_bytes: string | null;
  response_bytes: string | null;
  ended_at: Date | null;
};

const summaryColumns = `c.id, c.connection_id, c.provider, c.environment, c.api_key_id, c.origin, c.method, c.operation,
  c.subject, c.path, c.counted, c.outcome, c.status, c.answered, c.error, c.error_code, c.cache, c.polling,
  c.tries_count, c.first_byte_ms, c.total_ms, c.request_bytes, c.response_bytes, c.ended_at`;

function toSummary(row: SummaryRow): CallSummary {
  const id = idFromUuid(idPrefixes.call, row.id);
  return {
    id,
    connectionId: idFromUuid(idPrefixes.connection, row.connection_id),
    provider: row.provider,
    environment: row.environment,
    apiKeyId: row.api_key_id === null ? null : idFromUuid(idPrefixes.apiKey, row.api_key_id),
    origin: row.origin,
    method: row.method,
    operation: row.operation,
    subject: row.subject,
    path: row.path,
    counted: row.counted,
    outcome: callOutcomes[row.outcome] ?? 'unknown',
    status: row.status,
    answered: row.answered,
    error: row.error,
    errorCode: row.error_code,
    cache: row.cache,
    polling: row.polling,
    tryCount: row.tries_count,
    firstByteMs: row.first_byte_ms,
    totalMs: row.total_ms,
    requestBytes: row.request_bytes === null ? null : Number(row.request_bytes),
    responseBytes: row.response_bytes === null ? null : Number(row.response_bytes),
    startedAt: new Date(timeOfId(id)).toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** What an index answers by itself, so that a bounded number of its entries is a bounded amount of work. */
function conditionOf(filter: CallFilter): string {
  const path = pathOf(filter);
  if (path === 'running') return ' AND outcome = 0';
  if (path === 'polling') return ' AND polling IS NOT NULL';
  if (path === 'not succeeded') return ' AND outcome > 1';
  return path === 'connection' ? ` AND connection_id = '${uuidFromId(filter.connection ?? '')}'::uuid` : '';
}

export type CallSearch = { teamId: string; window: CallWindow; filter: CallFilter; limit: number; scanMax: number };

/** Newest first, out of the newest `scanMax` that the best index has. `scannedTo`: the last of these when there are more. */
export async function searchCalls(
  database: Queryable,
  { teamId, window, filter, limit, scanMax }: CallSearch,
): Promise<{ calls: CallSummary[]; scannedTo: string | null }> {
  const scan = `SELECT * FROM call WHERE team_id = $1 AND id >= $2 AND id < $3${conditionOf(filter)} ORDER BY id DESC`;
  const bounds = [uuidFromId(teamId), window.from, window.before];
  const { rows } = await database.query<SummaryRow>(
    `SELECT ${summaryColumns} FROM (${scan} LIMIT $4) c
      WHERE ($6::uuid IS NULL OR c.connection_id = $6) AND ($7::text IS NULL OR c.operation = $7)
        AND ($8::smallint IS NULL OR c.status BETWEEN $8 AND $9::smallint) AND ($10::text IS NULL OR c.error = $10)
        AND ($11::text IS NULL OR c.subject = $11) AND ($12::uuid IS NULL OR c.api_key_id = $12)
        AND ($13::text IS NULL OR c.environment = $13) AND ($14::text IS NULL OR c.polling = $14)
        AND ($15::smallint IS NULL OR c.outcome = $15)
      ORDER BY c.id DESC LIMIT $5`,
    [
      ...bounds,
      scanMax,
      limit,
      filter.connection === undefined ? null : uuidFromId(filter.connection),
      filter.operation ?? null,
      filter.status?.least ?? null,
      filter.status?.most ?? null,
      filter.error ?? null,
      filter.subject ?? null,
      filter.apiKey === undefined ? null : uuidFromId(filter.apiKey),
      filter.environment ?? null,
      filter.polling ?? null,
      filter.outcome === undefined ? null : callOutcomes.indexOf(filter.outcome),
    ],
  );
  const calls = rows.map(toSummary);
  if (calls.length === limit) return { calls, scannedTo: null };
  const end = await database.query<{ id: string }>(`SELECT c.id FROM (${scan} OFFSET $4 LIMIT 1) c`, [
    ...bounds,
    scanMax - 1,
  ]);
  const scannedTo = end.rows[0]?.id;
  return { calls, scannedTo: scannedTo === undefined ? null : idFromUuid(idPrefixes.call, scannedTo) };
}

/** Everything that is on record of a call but its bodies. */
export type CallDetail = CallSummary &
  Pick<CallStart, 'template' | 'resource'> &
  Pick<CallEnd, 'repeats'> & {
    tries: StoredTries | null;
    timing: Record<keyof CallEnd['timing'], number | null>;
    credentialId: string | null;
    credentialKind: string | null;
    rateHeaders: Record<string, string> | null;
    bodies: { request: Buffer | null; response: Buffer | null };
  };

type DetailRow = SummaryRow & {
  template: string;
  resource: string | null;
  repeats_id: string | null;
  repeats_ago_ms: number | null;
  repeats_pattern: 'repeat' | 'list-then-get' | null;
  tries: StoredTries | null;
  queue_ms: number | null;
  dns_ms: number | null;
  connect_ms: number | null;
  tls_ms: number | null;
  credential_id: string | null;
  credential_kind: string | null;
  rate_headers: Record<string, string> | null;
  request_body: Buffer | null;
  response_body: Buffer | null;
};

export async function findCall(database: Queryable, teamId: string, callId: string): Promise<CallDetail | null> {
  const { rows } = await database.query<DetailRow>(
    `SELECT ${summaryColumns}, c.template, c.resource, c.repeats_id, c.repeats_ago_ms, c.repeats_pattern, c.tries,
        c.queue_ms, c.dns_ms, c.connect_ms, c.tls_ms, c.credential_id, c.credential_kind, c.rate_headers,
        b.request_body, b.response_body
      FROM call c LEFT JOIN call_body b ON b.team_id = $1 AND b.call_id = $2
      WHERE c.team_id = $1 AND c.id = $2`,
    [uuidFromId(teamId), uuidFromId(callId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    ...toSummary(row),
    template: row.template,
    resource: row.resource,
    repeats:
      row.repeats_id === null || row.repeats_pattern === null
        ? null
        : {
            callId: idFromUuid(idPrefixes.call, row.repeats_id),
            agoMs: row.repeats_ago_ms ?? 0,
            pattern: row.repeats_pattern,
          },
    tries: row.tries,
    timing: {
      queueMs: row.queue_ms,
      dnsMs: row.dns_ms,
      connectMs: row.connect_ms,
      tlsMs: row.tls_ms,
      firstByteMs: row.first_byte_ms,
      totalMs: row.total_ms,
    },
    credentialId: row.credential_id === null ? null : idFromUuid(idPrefixes.connectionCredential, row.credential_id),
    credentialKind: row.credential_kind,
    rateHeaders: row.rate_headers,
    bodies: { request: row.request_body, response: row.response_body },
  };
}
