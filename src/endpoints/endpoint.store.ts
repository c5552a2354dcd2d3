import type pg from 'pg';
import { idFromUuid, uuidFromId } from '../ids/id.rules.ts';
import type { SigningScheme } from '../signing/signing-scheme.rules.ts';

export type EndpointStatus = 'active' | 'paused' | 'disabled';

/** What a user decides about an endpoint. Headers and client TLS come sealed. */
export type EndpointSettings = {
  url: string;
  description: string | null;
  eventTypes: string[];
  /** Ids of sources; null is all, and the API. */
  sources: string[] | null;
  signing: SigningScheme;
  scheduleSeconds: number[];
  timeoutMs: number;
  ratePerSecond: number | null;
  concurrency: number;
  ordering: 'none' | 'key';
  inlineMaxBytes: number;
  referenceSeconds: number;
  filter: unknown;
  headersSealed: Buffer | null;
  clientTlsSealed: Buffer | null;
  disableAfterSeconds: number;
  status: EndpointStatus;
  statusReason: string | null;
};

type StoredSecret = { id: string; sealed: Buffer; createdAt: Date; expiresAt: Date | null };

export type StoredEndpoint = EndpointSettings & {
  id: string;
  createdAt: Date;
  updatedAt: Date;
  failingSince: Date | null;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  /** Those that sign, newest first. */
  secrets: StoredSecret[];
};

type Queryable = Pick<pg.Pool, 'query'>;
type Row = Omit<StoredEndpoint, 'secrets'>;

const columns = `e.id, e.url, e.description, e.event_types AS "eventTypes", e.signing,
  e.retry_schedule_seconds AS "scheduleSeconds", e.timeout_ms AS "timeoutMs", e.rate_per_second AS "ratePerSecond",
  e.source_ids AS "sources", e.inline_max_bytes AS "inlineMaxBytes", e.reference_seconds AS "referenceSeconds",
  e.concurrency, e.ordering, e.filter, e.headers_sealed AS "headersSealed", e.client_tls_sealed AS "clientTlsSealed",
  e.disable_after_seconds AS "disableAfterSeconds", e.status, e.status_reason AS "statusReason",
  e.created_at AS "createdAt", e.updated_at AS "updatedAt", h.failing_since AS "failingSince",
  h.last_success_at AS "lastSuccessAt", h.last_failure_at AS "lastFailureAt"`;
const source = `endpoint e LEFT JOIN endpoint_health h ON h.team_id = e.team_id AND h.endpoint_id = e.id`;

export async function countEndpoints(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM endpoint WHERE team_id = $1 AND deleted_at IS NULL',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

export async function insertEndpoint(
  database: Queryable,
  teamId: string,
  endpointId: string,
  settings: EndpointSettings,
): Promise<void> {
  await database.query(
    `INSERT INTO endpoint (team_id, id, url, description, event_types, signing, retry_schedule_seconds, timeout_ms,
       rate_per_second, concurrency, ordering, filter, headers_sealed, client_tls_sealed, disable_after_seconds, status,
       status_reason, source_ids, inline_max_bytes, reference_seconds)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    parameters(teamId, endpointId, settings),
  );
}

export async function replaceEndpoint(
  database: Queryable,
  teamId: string,
  endpointId: string,
  settings: EndpointSettings,
): Promise<void> {
  await database.query(
    `UPDATE endpoint SET url = $3, description = $4, event_types = $5, signing = $6, retry_schedule_seconds = $7,
       timeout_ms = $8, rate_per_second = $9, concurrency = $10, ordering = $11, filter = $12, headers_sealed = $13,
       client_tls_sealed = $14, disable_after_seconds = $15, status = $16, status_reason = $17,
       source_ids = $18, inline_max_bytes = $19, reference_seconds = $20, updated_at = now()
     WHERE team_id = $1 AND id = $2`,
    parameters(teamId, endpointId, settings),
  );
}

function parameters(teamId: string, endpointId: string, settings: EndpointSettings): unknown[] {
  return [
    uuidFromId(teamId),
    uuidFromId(endpointId),
    settings.url,
    settings.description,
    settings.eventTypes,
    JSON.stringify(settings.signing),
    settings.scheduleSeconds,
    settings.timeoutMs,
    settings.ratePerSecond,
    settings.concurrency,
    settings.ordering,
    settings.filter === null ? null : JSON.stringify(settings.filter),
    settings.headersSealed,
    settings.clientTlsSealed,
    settings.disableAfterSeconds,
    settings.status,
    settings.statusReason,
    settings.sources?.map(uuidFromId) ?? null,
    settings.inlineMaxBytes,
    settings.referenceSeconds,
  ];
}

/** Null when the team has no such endpoint, or it was deleted. */
export async function findEndpoint(
  database: Queryable,
  teamId: string,
  endpointId: string,
): Promise<StoredEndpoint | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM ${source} WHERE e.team_id = $1 AND e.id = $2 AND e.deleted_at IS NULL`,
    [uuidFromId(teamId), uuidFromId(endpointId)],
  );
  return (await withSecrets(database, teamId, rows))[0] ?? null;
}

/** Newest first. */
export async function listEndpointRows(
  database: Queryable,
  teamId: string,
  limit: number,
  after: string | null,
): Promise<StoredEndpoint[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM ${source} WHERE e.team_id = $1 AND e.deleted_at IS NULL
       AND ($3::uuid IS NULL OR e.id < $3) ORDER BY e.id DESC LIMIT $2`,
    [uuidFromId(teamId), limit, after === null ? null : uuidFromId(after)],
  );
  return withSecrets(database, teamId, rows);
}

async function withSecrets(database: Queryable, teamId: string, endpoints: Row[]): Promise<StoredEndpoint[]> {
  const { rows } = await database.query<StoredSecret & { endpointId: string }>(
    `SELECT endpoint_id AS "endpointId", id, sealed, created_at AS "createdAt", expires_at AS "expiresAt"
       FROM endpoint_secret WHERE team_id = $1 AND endpoint_id = ANY ($2::uuid[])
       AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC`,
    [uuidFromId(teamId), endpoints.map((endpoint) => endpoint.id)],
  );
  const secretsOf = Map.groupBy(rows, (secret) => secret.endpointId);
  return endpoints.map((endpoint) => ({
    ...endpoint,
    id: idFromUuid('ep', endpoint.id),
    sources: endpoint.sources?.map((uuid) => idFromUuid('src', uuid)) ?? null,
    secrets: (secretsOf.get(endpoint.id) ?? []).map(({ id, sealed, createdAt, expiresAt }) => {
      return { id: idFromUuid('sec', id), sealed, createdAt, expiresAt };
    }),
  }));
}

export async function insertSecret(
  database: Queryable,
  teamId: string,
  endpointId: string,
  secret: { id: string; sealed: Buffer },
): Promise<void> {
  await database.query('INSERT INTO endpoint_secret (team_id, endpoint_id, id, sealed) VALUES ($1, $2, $3, $4)', [
    uuidFromId(teamId),
    uuidFromId(endpointId),
    uuidFromId(secret.id),
    secret.sealed,
  ]);
}

/**
 * Ends every secret `inSeconds` from now, none later than it would have ended anyway, and forgets those that ended
 * before. With 0 seconds they end at once.
 */
export async function expireSecrets(
  database: Queryable,
  teamId: string,
  endpointId: string,
  inSeconds: number,
): Promise<void> {
  const key = [uuidFromId(teamId), uuidFromId(endpointId)];
  if (inSeconds > 0) {
    await database.query(
      `UPDATE endpoint_secret SET expires_at = least(expires_at, now() + make_interval(secs => $3))
         WHERE team_id = $1 AND endpoint_id = $2`,
      [...key, inSeconds],
    );
  }
  await database.query(
    'DELETE FROM endpoint_secret WHERE team_id = $1 AND endpoint_id = $2 AND ($3 OR expires_at <= now())',
    [...key, inSeconds <= 0],
  );
}

/** Starts the count towards automatic disabling anew. */
export async function clearFailing(database: Queryable, teamId: string, endpointId: string): Promise<void> {
  await database.query('UPDATE endpoint_health SET failing_since = NULL WHERE team_id = $1 AND endpoint_id = $2', [
    uuidFromId(teamId),
    uuidFromId(endpointId),
  ]);
}

/** False when the team has no such endpoint. Its secrets go at once; its waiting deliveries go with maintenance. */
export async function markEndpointDeleted(database: Queryable, teamId: string, endpointId: string): Promise<boolean> {
  const key = [uuidFromId(teamId), uuidFromId(endpointId)];
  const { rowCount } = await database.query(
    `UPDATE endpoint SET deleted_at = now(), headers_sealed = NULL, client_tls_sealed = NULL
       WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL`,
    key,
  );
  if (rowCount !== 1) return false;
  await database.query('DELETE FROM endpoint_secret WHERE team_id = $1 AND endpoint_id = $2', key);
  return true;
}
