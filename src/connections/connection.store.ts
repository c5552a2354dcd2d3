import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import type { Options } from '../providers/provider-profile.ts';
import type { PolicySettings } from './policy.rules.ts';

export type ConnectionStatus = 'active' | 'paused';

/** What a user decides about a connection, its credentials apart. */
export type ConnectionSettings = {
  name: string;
  /** Null: the provider's own. */
  baseUrl: string | null;
  options: Options;
  policy: PolicySettings;
  status: ConnectionStatus;
  sourceIds: string[];
  archive: boolean;
};

/** Without its fields: only what makes calls opens them. */
export type StoredCredential = {
  id: string;
  name: string;
  kind: string;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  usesLast24Hours: number;
};

export type StoredConnection = ConnectionSettings & {
  id: string;
  provider: string;
  environment: ApiEnvironment;
  createdAt: Date;
  updatedAt: Date;
  /** Newest first: in the order in which they are used. */
  credentials: StoredCredential[];
};

type Queryable = Pick<pg.Pool, 'query'>;
type JsonCredential = Omit<StoredCredential, 'createdAt' | 'expiresAt' | 'lastUsedAt'> & {
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
};
type Row = Omit<StoredConnection, 'credentials'> & { credentials: JsonCredential[] };

/** $3 is the present time in Unix milliseconds. A source that was deleted since concerns nobody. */
const select = `SELECT c.id, c.provider, c.name, c.environment, c.base_url AS "baseUrl", c.options, c.policy, c.status,
    c.archive, c.created_at AS "createdAt", c.updated_at AS "updatedAt",
    ARRAY(SELECT s.id FROM source s WHERE s.team_id = c.team_id AND s.id = ANY (c.source_ids) AND s.deleted_at IS NULL
      ORDER BY s.id) AS "sourceIds",
    (SELECT coalesce(json_agg(json_build_object('id', k.id, 'name', k.name, 'kind', k.kind, 'createdAt', k.created_at,
        'expiresAt', k.expires_at, 'lastUsedAt', u.last_used_at, 'usesLast24Hours', coalesce(u.uses, 0))
        ORDER BY k.id DESC), '[]')
      FROM connection_credential k LEFT JOIN LATERAL (
        SELECT max(last_used_at) AS last_used_at,
            sum(uses) FILTER (WHERE hour > to_timestamp($3::double precision / 1000) - interval '24 hours') AS uses
          FROM connection_credential_use
          WHERE team_id = k.team_id AND connection_id = k.connection_id AND credential_id = k.id) u ON true
      WHERE k.team_id = c.team_id AND k.connection_id = c.id) AS credentials
  FROM connection c`;

function toStored(row: Row): StoredConnection {
  return {
    ...row,
    id: idFromUuid(idPrefixes.connection, row.id),
    sourceIds: row.sourceIds.map((id) => idFromUuid(idPrefixes.source, id)),
    credentials: row.credentials.map((credential) => ({
      ...credential,
      id: idFromUuid(idPrefixes.connectionCredential, credential.id),
      createdAt: new Date(credential.createdAt),
      expiresAt: timeOrNull(credential.expiresAt),
      lastUsedAt: timeOrNull(credential.lastUsedAt),
    })),
  };
}

function timeOrNull(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

export async function countConnections(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM connection WHERE team_id = $1 AND deleted_at IS NULL',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

export async function insertConnection(
  database: Queryable,
  connection: { teamId: string; id: string; provider: string; environment: ApiEnvironment },
  settings: ConnectionSettings,
): Promise<void> {
  const { teamId, id, provider, environment } = connection;
  await database.query(
    `INSERT INTO connection (team_id, id, name, base_url, options, policy, status, source_ids, archive, provider,
       environment)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [...parameters(teamId, id, settings), provider, environment],
  );
}

export async function replaceConnection(
  database: Queryable,
  teamId: string,
  connectionId: string,
  settings: ConnectionSettings,
): Promise<void> {
  await database.query(
    `UPDATE connection SET name = $3, base_url = $4, options = $5, policy = $6, status = $7, source_ids = $8,
       archive = $9, updated_at = now()
     WHERE team_id = $1 AND id = $2`,
    parameters(teamId, connectionId, settings),
  );
}

/** Another account of the same provider: what a promotion and its way back are. */
export async function replaceAccount(
  database: Queryable,
  teamId: string,
  connectionId: string,
  account: { environment: ApiEnvironment; baseUrl: string | null; options: Options },
): Promise<void> {
  await database.query(
    `UPDATE connection SET environment = $3, base_url = $4, options = $5, updated_at = now()
       WHERE team_id = $1 AND id = $2`,
    [
      uuidFromId(teamId),
      uuidFromId(connectionId),
      account.environment,
      account.baseUrl,
      JSON.stringify(account.options),
    ],
  );
}

function parameters(teamId: string, connectionId: string, settings: ConnectionSettings): unknown[] {
  return [
    uuidFromId(teamId),
    uuidFromId(connectionId),
    settings.name,
    settings.baseUrl,
    JSON.stringify(settings.options),
    JSON.stringify(settings.policy),
    settings.status,
    settings.sourceIds.map(uuidFromId),
    settings.archive,
  ];
}

/** Null when the team has no such connection, or it was deleted. */
export async function findConnection(
  database: Queryable,
  teamId: string,
  connectionId: string,
  nowMs: number,
): Promise<StoredConnection | null> {
  const { rows } = await database.query<Row>(`${select} WHERE c.team_id = $1 AND c.id = $2 AND c.deleted_at IS NULL`, [
    uuidFromId(teamId),
    uuidFromId(connectionId),
    nowMs,
  ]);
  return rows[0] === undefined ? null : toStored(rows[0]);
}

/** Newest first. */
export async function listConnectionRows(
  database: Queryable,
  page: { teamId: string; limit: number; after: string | null },
  nowMs: number,
): Promise<StoredConnection[]> {
  const { rows } = await database.query<Row>(
    `${select} WHERE c.team_id = $1 AND c.deleted_at IS NULL AND ($4::uuid IS NULL OR c.id < $4)
       ORDER BY c.id DESC LIMIT $2`,
    [uuidFromId(page.teamId), page.limit, nowMs, page.after === null ? null : uuidFromId(page.after)],
  );
  return rows.map(toStored);
}

/** False when the team has no such connection. Its calls stay on record; its credentials go at once. */
export async function markConnectionDeleted(
  database: Queryable,
  teamId: string,
  connectionId: string,
): Promise<boolean> {
  const key = [uuidFromId(teamId), uuidFromId(connectionId)];
  const { rowCount } = await database.query(
    'UPDATE connection SET deleted_at = now() WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL',
    key,
  );
  if (rowCount !== 1) return false;
  await database.query('DELETE FROM connection_credential WHERE team_id = $1 AND connection_id = $2', key);
  await database.query('DELETE FROM connection_credential_use WHERE team_id = $1 AND connection_id = $2', key);
  await database.query('DELETE FROM closing_probe WHERE team_id = $1 AND connection_id = $2', key);
  return true;
}

/** The providers of those of the sources that the team has, by id. */
export async function findSourceProviders(
  database: Queryable,
  teamId: string,
  sourceIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await database.query<{ id: string; provider: string }>(
    'SELECT id, provider FROM source WHERE team_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL',
    [uuidFromId(teamId), sourceIds.map(uuidFromId)],
  );
  return new Map(rows.map(({ id, provider }) => [idFromUuid(idPrefixes.source, id), provider]));
}
