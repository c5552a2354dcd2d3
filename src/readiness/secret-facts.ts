import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { ConnectionConfig, CredentialField } from '../connections/connection-config.ts';
import { openSecret } from '../endpoints/sealed-fields.ts';
import { idFromUuid, idPrefixes } from '../ids/id.rules.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { openCredential } from '../sources/sealed-credential.ts';
import { describeSecret } from './describe-secret.rules.ts';
import type { SecretFact } from './instruments.ts';

type Row = { team: string; holder: string; id: string; name: string | null; sealed: Buffer };

/** Fields of credentials that are secrets; the others name things. */
const secretFields: ReadonlySet<string> = new Set(['token', 'value', 'password', 'clientSecret', 'privateKey']);

/**
 * Reads what secrets are like: each is opened, described, and forgotten. Those of connections that are references are
 * read where they are used, and not here.
 */
export function createSecretFacts(options: {
  database: Pick<pg.Pool, 'query'>;
  sealer: Sealer;
  connections: () => Iterable<ConnectionConfig>;
}): () => Promise<readonly SecretFact[]> {
  const { database, sealer } = options;
  const key = randomBytes(32);

  const ofEndpoint = ({ team, holder, id, sealed }: Row): SecretFact => {
    const teamId = idFromUuid(idPrefixes.team, team);
    const secretId = idFromUuid(idPrefixes.secret, id);
    const shape = describeSecret(openSecret(sealer, teamId, secretId, sealed), key);
    const holderId = idFromUuid(idPrefixes.endpoint, holder);
    return { holder: 'endpoint', holderId, name: secretId, teamId, environment: null, ...shape };
  };
  const ofSource = ({ team, holder, id, name, sealed }: Row): SecretFact => {
    const teamId = idFromUuid(idPrefixes.team, team);
    const value = openCredential(sealer, teamId, idFromUuid(idPrefixes.sourceCredential, id), sealed);
    const holderId = idFromUuid(idPrefixes.source, holder);
    return { holder: 'source', holderId, name: name ?? '', teamId, environment: null, ...describeSecret(value, key) };
  };

  return async () => {
    const endpoints = await database.query<Row>(
      `SELECT k.team_id AS team, k.endpoint_id AS holder, k.id, NULL AS name, k.sealed FROM endpoint_secret k
         JOIN endpoint e ON e.team_id = k.team_id AND e.id = k.endpoint_id AND e.deleted_at IS NULL
         WHERE k.expires_at IS NULL OR k.expires_at > now()`,
    );
    const sources = await database.query<Row>(
      `SELECT k.team_id AS team, k.source_id AS holder, k.id, k.name, k.sealed FROM source_credential k
         JOIN source s ON s.team_id = k.team_id AND s.id = k.source_id AND s.deleted_at IS NULL
         WHERE k.expires_at IS NULL OR k.expires_at > now()`,
    );
    const ofConnections = [...options.connections()].flatMap((connection) =>
      connection.credentials.flatMap(({ name, fields }) =>
        Object.entries(fields).flatMap(([field, value]): SecretFact[] => {
          const text = valueOf(value);
          if (!secretFields.has(field) || text === null) return [];
          const { teamId, id: holderId, environment } = connection;
          return [{ holder: 'connection', holderId, name, teamId, environment, ...describeSecret(text, key) }];
        }),
      ),
    );
    return [...endpoints.rows.map(ofEndpoint), ...sources.rows.map(ofSource), ...ofConnections];
  };
}

function valueOf(field: CredentialField): string | null {
  return 'value' in field ? field.value : null;
}
