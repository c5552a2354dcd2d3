import type pg from 'pg';
import type { EndpointRow, SecretRow } from '../endpoints/read-endpoint-config.ts';
import { uuidFromId } from '../ids/id.rules.ts';

export type TeamRows = {
  version: number;
  name: string;
  eventTypes: { name: string; schema: unknown }[];
  endpoints: EndpointRow[];
  secrets: SecretRow[];
};

type Row = {
  config_version: string;
  name: string;
  event_types: { name: string; schema: unknown }[];
  endpoints: EndpointRow[];
  secrets: SecretRow[];
};

/** All of a team's configuration in one statement, so in one snapshot. Null when there is no such team. */
export async function readTeamRows(database: pg.Pool, teamId: string): Promise<TeamRows | null> {
  const { rows } = await database.query<Row>(
    `SELECT t.config_version, t.name,
       (SELECT coalesce(json_agg(json_build_object('name', y.name, 'schema', y.schema)), '[]')
          FROM event_type y WHERE y.team_id = t.id) AS event_types,
       (SELECT coalesce(json_agg(json_build_object('id', e.id, 'url', e.url, 'eventTypes', e.event_types,
            'signing', e.signing, 'scheduleSeconds', e.retry_schedule_seconds, 'timeoutMs', e.timeout_ms,
            'ratePerSecond', e.rate_per_second, 'concurrency', e.concurrency, 'ordering', e.ordering,
            'sources', e.source_ids, 'inlineMaxBytes', e.inline_max_bytes, 'referenceSeconds', e.reference_seconds,
            'filter', e.filter, 'headersSealed', encode(e.headers_sealed, 'base64'),
            'clientTlsSealed', encode(e.client_tls_sealed, 'base64'),
            'disableAfterSeconds', e.disable_after_seconds, 'status', e.status) ORDER BY e.id), '[]')
          FROM endpoint e WHERE e.team_id = t.id AND e.deleted_at IS NULL) AS endpoints,
       (SELECT coalesce(json_agg(json_build_object('endpointId', s.endpoint_id, 'id', s.id,
            'sealed', encode(s.sealed, 'base64'),
            'expiresAtMs', floor(extract(epoch FROM s.expires_at) * 1000)) ORDER BY s.id DESC), '[]')
          FROM endpoint_secret s JOIN endpoint e ON e.team_id = s.team_id AND e.id = s.endpoint_id
          WHERE s.team_id = t.id AND e.deleted_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())) AS secrets
     FROM team t WHERE t.id = $1 AND t.deleted_at IS NULL`,
    [uuidFromId(teamId)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    version: Number(row.config_version),
    name: row.name,
    eventTypes: row.event_types,
    endpoints: row.endpoints,
    secrets: row.secrets,
  };
}

/** The versions of those of the teams that exist, by uuid: one query for all of them. */
export async function readTeamVersions(database: pg.Pool, teamUuids: string[]): Promise<Map<string, number>> {
  const { rows } = await database.query<{ id: string; config_version: string }>(
    'SELECT id, config_version FROM team WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL',
    [teamUuids],
  );
  return new Map(rows.map((row) => [row.id, Number(row.config_version)]));
}
