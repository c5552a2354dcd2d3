import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { SubjectKind } from './check-definition.ts';
import type { Subject } from './finding.ts';

type Queryable = Pick<pg.Pool, 'query'>;

/** A subject with its name for people. */
export type NamedSubject = Subject & { name: string };

const prefixes = {
  source: idPrefixes.source,
  endpoint: idPrefixes.endpoint,
  connection: idPrefixes.connection,
} as const;

/** Everything of a team that checks can be about, the gateway and the organisation included. */
export async function listSubjects(database: Queryable, teamId: string): Promise<NamedSubject[]> {
  const { rows } = await database.query<{ kind: keyof typeof prefixes; id: string; name: string }>(
    `SELECT 'source' AS kind, id, name FROM source WHERE team_id = $1 AND deleted_at IS NULL
     UNION ALL SELECT 'endpoint', id, coalesce(description, regexp_replace(url, '[?#].*', '')) FROM endpoint
       WHERE team_id = $1 AND deleted_at IS NULL
     UNION ALL SELECT 'connection', id, name FROM connection WHERE team_id = $1 AND deleted_at IS NULL
     ORDER BY 1, 2`,
    [uuidFromId(teamId)],
  );
  const shared = (kind: SubjectKind): NamedSubject => ({ kind, id: kind, teamId: null, name: 'this gateway' });
  return [
    shared('gateway'),
    { kind: 'organisation', id: 'organisation', teamId, name: 'the organisation' },
    { kind: 'team', id: teamId, teamId, name: 'the team' },
    ...rows.map(({ kind, id, name }) => ({ kind, id: idFromUuid(prefixes[kind], id), teamId, name })),
  ];
}

/** Sealed values by their hash: a changed one is another configuration. Times of change and traffic are left out. */
const configurations: Readonly<Partial<Record<SubjectKind, string>>> = {
  team: `SELECT jsonb_build_object('version', t.config_version) AS configuration, t.id AS id FROM team t WHERE t.id = $1`,
  source: `SELECT to_jsonb(s) - 'updated_at' - 'created_at' || jsonb_build_object('credentials',
      (SELECT jsonb_agg(jsonb_build_array(k.name, k.kind, k.expires_at, md5(k.sealed)) ORDER BY k.id)
        FROM source_credential k WHERE k.team_id = s.team_id AND k.source_id = s.id)) AS configuration, s.id AS id
    FROM source s WHERE s.team_id = $1 AND s.deleted_at IS NULL`,
  endpoint: `SELECT to_jsonb(e) - 'updated_at' - 'created_at' - 'status_reason' - 'headers_sealed' - 'client_tls_sealed'
      || jsonb_build_object('headers', md5(e.headers_sealed), 'clientTls', md5(e.client_tls_sealed), 'secrets',
      (SELECT jsonb_agg(jsonb_build_array(k.id, k.expires_at, md5(k.sealed)) ORDER BY k.id)
        FROM endpoint_secret k WHERE k.team_id = e.team_id AND k.endpoint_id = e.id)) AS configuration, e.id AS id
    FROM endpoint e WHERE e.team_id = $1 AND e.deleted_at IS NULL`,
  connection: `SELECT to_jsonb(c) - 'updated_at' - 'created_at' || jsonb_build_object('credentials',
      (SELECT jsonb_agg(jsonb_build_array(k.name, k.kind, k.expires_at, md5(k.sealed)) ORDER BY k.id)
        FROM connection_credential k WHERE k.team_id = c.team_id AND k.connection_id = c.id)) AS configuration,
      c.id AS id
    FROM connection c WHERE c.team_id = $1 AND c.deleted_at IS NULL`,
};

/** The configurations of a team and of what belongs to it, by the id of the subject; of its declarations by that name. */
export async function readConfigurations(database: Queryable, teamId: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const [kind, text] of Object.entries(configurations)) {
    const { rows } = await database.query<{ id: string; configuration: unknown }>(text, [uuidFromId(teamId)]);
    const prefix = kind === 'team' ? idPrefixes.team : prefixes[kind as keyof typeof prefixes];
    for (const { id, configuration } of rows) found.set(idFromUuid(prefix, id), configuration);
  }
  const { rows } = await database.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM declaration WHERE team_id = $1',
    [uuidFromId(teamId)],
  );
  found.set('declarations', rows[0]?.version ?? null);
  return found;
}
