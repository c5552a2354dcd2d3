import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { CredentialRow, SourceRow } from './read-source-config.ts';

type Queryable = Pick<pg.Pool, 'query'>;

const select = `SELECT s.team_id AS "teamId", s.id, s.provider, s.name, s.options, s.status,
    s.allow_addresses AS "allowAddresses", s.rate_per_second AS "ratePerSecond", s.body_max_bytes AS "bodyMaxBytes",
    s.dedupe_window_seconds AS "dedupeWindowSeconds",
    (SELECT coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'kind', c.kind,
        'sealed', encode(c.sealed, 'base64'),
        'expiresAtMs', floor(extract(epoch FROM c.expires_at) * 1000)) ORDER BY c.id), '[]')
      FROM source_credential c WHERE c.team_id = s.team_id AND c.source_id = s.id) AS credentials
  FROM source s JOIN team t ON t.id = s.team_id AND t.deleted_at IS NULL
  WHERE s.deleted_at IS NULL`;

/** Every source of every team, in one statement. The rows can be written as JSON and read back. */
export async function readAllSources(database: Queryable): Promise<SourceRow[]> {
  const { rows } = await database.query<SourceRow>(`${select} ORDER BY s.team_id, s.id`);
  return rows.map(withIds);
}

/** A team's sources, in one statement. Empty when there is no such team. */
export async function readTeamSources(database: Queryable, teamId: string): Promise<SourceRow[]> {
  const { rows } = await database.query<SourceRow>(`${select} AND s.team_id = $1 ORDER BY s.id`, [uuidFromId(teamId)]);
  return rows.map(withIds);
}

function withIds(row: SourceRow): SourceRow {
  return {
    ...row,
    teamId: idFromUuid(idPrefixes.team, row.teamId),
    id: idFromUuid(idPrefixes.source, row.id),
    credentials: row.credentials.map(
      (credential): CredentialRow => ({
        ...credential,
        id: idFromUuid(idPrefixes.sourceCredential, credential.id),
        sealed: credential.sealed.replaceAll('\n', ''),
      }),
    ),
  };
}
