import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { Options } from '../providers/provider-profile.ts';

export type SourceStatus = 'active' | 'paused';

/** What a user decides about a source, its credentials apart. */
export type SourceSettings = {
  name: string;
  options: Options;
  status: SourceStatus;
  allowAddresses: string[] | null;
  ratePerSecond: number | null;
  bodyMaxBytes: number;
  dedupeWindowSeconds: number;
  acceptsUncovered: boolean;
};

/** Without its value: only the receiving path opens it. */
export type StoredCredential = { id: string; name: string; kind: string; createdAt: Date; expiresAt: Date | null };

type StoredActivity = {
  received: number;
  duplicates: number;
  rejected: number;
  lastReceivedAt: Date | null;
  lastDuplicateAt: Date | null;
  lastRejectedAt: Date | null;
  lastRejectionReason: string | null;
  lastRejectionDetail: string | null;
};

export type StoredSource = SourceSettings & {
  id: string;
  provider: string;
  createdAt: Date;
  updatedAt: Date;
  /** Oldest first. */
  credentials: StoredCredential[];
  activity: StoredActivity;
};

type Queryable = Pick<pg.Pool, 'query'>;
type JsonCredential = { id: string; name: string; kind: string; createdAt: string; expiresAt: string | null };
type Row = Omit<StoredSource, 'credentials' | 'activity'> & StoredActivity & { credentials: JsonCredential[] };

const columns = `s.id, s.provider, s.name, s.options, s.status, s.allow_addresses AS "allowAddresses",
  s.rate_per_second AS "ratePerSecond", s.body_max_bytes AS "bodyMaxBytes",
  s.dedupe_window_seconds AS "dedupeWindowSeconds", s.accepts_uncovered AS "acceptsUncovered",
  s.created_at AS "createdAt", s.updated_at AS "updatedAt",
  coalesce(a.received, 0)::double precision AS received, coalesce(a.duplicates, 0)::double precision AS duplicates,
  coalesce(a.rejected, 0)::double precision AS rejected, a.last_received_at AS "lastReceivedAt",
  a.last_duplicate_at AS "lastDuplicateAt", a.last_rejected_at AS "lastRejectedAt",
  a.last_rejection_reason AS "lastRejectionReason", a.last_rejection_detail AS "lastRejectionDetail",
  (SELECT coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'kind', c.kind, 'createdAt', c.created_at,
      'expiresAt', c.expires_at) ORDER BY c.id), '[]')
    FROM source_credential c WHERE c.team_id = s.team_id AND c.source_id = s.id) AS credentials`;
const source = 'source s LEFT JOIN source_activity a ON a.team_id = s.team_id AND a.source_id = s.id';

function toStored(row: Row): StoredSource {
  const { received, duplicates, rejected, lastReceivedAt, lastDuplicateAt, lastRejectedAt, ...rest } = row;
  const { lastRejectionReason, lastRejectionDetail, credentials, ...settings } = rest;
  return {
    ...settings,
    id: idFromUuid(idPrefixes.source, row.id),
    credentials: credentials.map(({ id, name, kind, createdAt, expiresAt }) => ({
      id: idFromUuid(idPrefixes.sourceCredential, id),
      name,
      kind,
      createdAt: new Date(createdAt),
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    })),
    activity: {
      received,
      duplicates,
      rejected,
      lastReceivedAt,
      lastDuplicateAt,
      lastRejectedAt,
      lastRejectionReason,
      lastRejectionDetail,
    },
  };
}

export async function countSources(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM source WHERE team_id = $1 AND deleted_at IS NULL',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

export async function insertSource(
  database: Queryable,
  teamId: string,
  sourceId: string,
  provider: string,
  settings: SourceSettings,
): Promise<void> {
  await database.query(
    `INSERT INTO source (team_id, id, name, options, status, allow_addresses, rate_per_second, body_max_bytes,
       dedupe_window_seconds, accepts_uncovered, provider)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [...parameters(teamId, sourceId, settings), provider],
  );
}

export async function replaceSource(
  database: Queryable,
  teamId: string,
  sourceId: string,
  settings: SourceSettings,
): Promise<void> {
  await database.query(
    `UPDATE source SET name = $3, options = $4, status = $5, allow_addresses = $6, rate_per_second = $7,
       body_max_bytes = $8, dedupe_window_seconds = $9, accepts_uncovered = $10, updated_at = now()
     WHERE team_id = $1 AND id = $2`,
    parameters(teamId, sourceId, settings),
  );
}

function parameters(teamId: string, sourceId: string, settings: SourceSettings): unknown[] {
  return [
    uuidFromId(teamId),
    uuidFromId(sourceId),
    settings.name,
    JSON.stringify(settings.options),
    settings.status,
    settings.allowAddresses,
    settings.ratePerSecond,
    settings.bodyMaxBytes,
    settings.dedupeWindowSeconds,
    settings.acceptsUncovered,
  ];
}

/** Null when the team has no such source, or it was deleted. */
export async function findSource(database: Queryable, teamId: string, sourceId: string): Promise<StoredSource | null> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM ${source} WHERE s.team_id = $1 AND s.id = $2 AND s.deleted_at IS NULL`,
    [uuidFromId(teamId), uuidFromId(sourceId)],
  );
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Newest first. */
export async function listSourceRows(
  database: Queryable,
  teamId: string,
  limit: number,
  after: string | null,
): Promise<StoredSource[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM ${source} WHERE s.team_id = $1 AND s.deleted_at IS NULL
       AND ($3::uuid IS NULL OR s.id < $3) ORDER BY s.id DESC LIMIT $2`,
    [uuidFromId(teamId), limit, after === null ? null : uuidFromId(after)],
  );
  return rows.map(toStored);
}

/** False when the team has no such source. What it received stays; its credentials go at once. */
export async function markSourceDeleted(database: Queryable, teamId: string, sourceId: string): Promise<boolean> {
  const key = [uuidFromId(teamId), uuidFromId(sourceId)];
  const { rowCount } = await database.query(
    'UPDATE source SET deleted_at = now() WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
    key,
  );
  if (rowCount !== 1) return false;
  await database.query('DELETE FROM source_credential WHERE team_id = $1 AND source_id = $2', key);
  await database.query('DELETE FROM source_activity WHERE team_id = $1 AND source_id = $2', key);
  await database.query('DELETE FROM source_arrival WHERE team_id = $1 AND source_id = $2', key);
  return true;
}
