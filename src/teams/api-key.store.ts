import type pg from 'pg';
import type { Role } from '../context.ts';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import { permissionsOfMemberKey } from '../members/role-permissions.rules.ts';

export type ApiKey = {
  id: string;
  name: string;
  permissions: string[];
  /** Whose it is; null for a machine's. */
  memberId: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** At most an hour before it was used last. */
  lastUsedAt: string | null;
};

/** What authentication needs of a key: of a member's, no more permissions than the role grants. */
export type ApiKeyGrant = {
  teamId: string;
  apiKeyId: string;
  permissions: ReadonlySet<string>;
  memberId: string | null;
  role: Role | null;
  expiresAtMs: number | null;
};

type Row = {
  id: string;
  name: string;
  permissions: string[];
  member_id: string | null;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
};
type Queryable = Pick<pg.Pool, 'query'>;

/** Every request with the key waits for it: one that hangs, on a connection that froze, must not hold them up. */
const soon = { query_timeout: 5_000 };

const columns = `id, name, permissions, member_id, created_at, expires_at, revoked_at,
  (SELECT u.last_used_at FROM api_key_use u WHERE u.team_id = api_key.team_id AND u.api_key_id = api_key.id) AS last_used_at`;

function toApiKey(row: Row): ApiKey {
  return {
    id: idFromUuid('key', row.id),
    name: row.name,
    permissions: row.permissions,
    memberId: row.member_id === null ? null : idFromUuid(idPrefixes.member, row.member_id),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

export async function insertApiKey(
  database: Queryable,
  key: {
    teamId: string;
    id: string;
    name: string;
    digest: Buffer;
    permissions: readonly string[];
    memberId: string | null;
    expiresAt: Date | null;
  },
): Promise<ApiKey> {
  const { rows } = await database.query<Row>(
    `INSERT INTO api_key (team_id, id, name, key_hash, permissions, expires_at, member_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${columns}`,
    [
      uuidFromId(key.teamId),
      uuidFromId(key.id),
      key.name,
      key.digest,
      key.permissions,
      key.expiresAt,
      key.memberId === null ? null : uuidFromId(key.memberId),
    ],
  );
  return toApiKey(rows[0] as Row);
}

/** Keys that are not revoked. */
export async function countApiKeys(database: Queryable, teamId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM api_key WHERE team_id = $1 AND revoked_at IS NULL',
    [uuidFromId(teamId)],
  );
  return rows[0]?.count ?? 0;
}

/** Newest first, revoked and expired ones too. */
export async function listApiKeyRows(
  database: Queryable,
  teamId: string,
  limit: number,
  after: string | null,
): Promise<ApiKey[]> {
  const { rows } = await database.query<Row>(
    `SELECT ${columns} FROM api_key WHERE team_id = $1 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
    [uuidFromId(teamId), limit, after === null ? null : uuidFromId(after)],
  );
  return rows.map(toApiKey);
}

/** False when the team has no such key that is not revoked already. */
export async function markApiKeyRevoked(database: Queryable, teamId: string, apiKeyId: string): Promise<boolean> {
  const { rowCount } = await database.query(
    'UPDATE api_key SET revoked_at = now() WHERE team_id = $1 AND id = $2 AND revoked_at IS NULL',
    [uuidFromId(teamId), uuidFromId(apiKeyId)],
  );
  return rowCount === 1;
}

/** Revokes all keys of a member. @returns the ids of those that were not revoked before */
export async function markMemberApiKeysRevoked(
  database: Queryable,
  teamId: string,
  memberId: string,
): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    'UPDATE api_key SET revoked_at = now() WHERE team_id = $1 AND member_id = $2 AND revoked_at IS NULL RETURNING id',
    [uuidFromId(teamId), uuidFromId(memberId)],
  );
  return rows.map(({ id }) => idFromUuid(idPrefixes.apiKey, id)).sort();
}

/** The key with this digest, when it is neither revoked nor of a deleted team or a removed member. It may have expired. */
export async function findGrant(database: Queryable, digest: Buffer): Promise<ApiKeyGrant | null> {
  type GrantRow = Pick<Row, 'id' | 'permissions' | 'expires_at' | 'member_id'> & { team_id: string; role: Role | null };
  const { rows } = await database.query<GrantRow>({
    text: `SELECT k.team_id, k.id, k.permissions, k.expires_at, k.member_id, m.role
       FROM api_key k JOIN team t ON t.id = k.team_id
       LEFT JOIN member m ON m.team_id = k.team_id AND m.id = k.member_id AND m.removed_at IS NULL
       WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND t.deleted_at IS NULL
         AND (k.member_id IS NULL OR m.id IS NOT NULL)`,
    values: [digest],
    ...soon,
  });
  const row = rows[0];
  if (row === undefined) return null;
  return {
    teamId: idFromUuid('team', row.team_id),
    apiKeyId: idFromUuid('key', row.id),
    permissions: row.role === null ? new Set(row.permissions) : permissionsOfMemberKey(row.role, row.permissions),
    memberId: row.member_id === null ? null : idFromUuid(idPrefixes.member, row.member_id),
    role: row.role,
    expiresAtMs: row.expires_at?.getTime() ?? null,
  };
}
