import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { ConnectionRow, CredentialRow } from './read-connection-config.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const select = `SELECT c.team_id AS "teamId", c.id, c.provider, c.name, c.environment, c.base_url AS "baseUrl", c.options,
    c.policy, c.status, c.archive,
    ARRAY(SELECT s.id FROM source s WHERE s.team_id = c.team_id AND s.id = ANY (c.source_ids) AND s.deleted_at IS NULL
      ORDER BY s.id) AS "sourceIds",
    (SELECT coalesce(json_agg(json_build_object('id', k.id, 'name', k.name, 'kind', k.kind,
        'sealed', encode(k.sealed, 'base64'),
        'expiresAtMs', floor(extract(epoch FROM k.expires_at) * 1000)) ORDER BY k.id DESC), '[]')
      FROM connection_credential k WHERE k.team_id = c.team_id AND k.connection_id = c.id) AS credentials
  FROM connection c JOIN team t ON t.id = c.team_id AND t.deleted_at IS NULL
  WHERE c.deleted_at IS NULL`;

/** Every connection of every team, in one statement. */
export async function readAllConnections(database: Queryable): Promise<ConnectionRow[]> {
  const { rows } = await database.query<ConnectionRow>(`${select} ORDER BY c.team_id, c.id`);
  return rows.map(withIds);
}

/** A team's connections, in one statement. Empty when there is no such team. */
export async function readTeamConnections(database: Queryable, teamId: string): Promise<ConnectionRow[]> {
  const { rows } = await database.query<ConnectionRow>(`${select} AND c.team_id = $1 ORDER BY c.id`, [
    uuidFromId(teamId),
  ]);
  return rows.map(withIds);
}

function withIds(row: ConnectionRow): ConnectionRow {
  return {
    ...row,
    teamId: idFromUuid(idPrefixes.team, row.teamId),
    id: idFromUuid(idPrefixes.connection, row.id),
    sourceIds: row.sourceIds.map((id) => idFromUuid(idPrefixes.source, id)),
    credentials: row.credentials.map(
      (credential): CredentialRow => ({
        ...credential,
        id: idFromUuid(idPrefixes.connectionCredential, credential.id),
        sealed: credential.sealed.replaceAll('\n', ''),
      }),
    ),
  };
}
