import type pg from 'pg';
import { sealFields } from '../../src/connections/sealed-credential.ts';
import { sealClientTls, sealHeaders, sealSecret } from '../../src/endpoints/sealed-fields.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import { idPrefixes, uuidFromId } from '../../src/ids/id.rules.ts';
import type { Sealer } from '../../src/sealing/sealer.ts';
import { sealCredential } from '../../src/sources/sealed-credential.ts';

const ids = createIdSource({ now: () => Date.now() });

/** Rows of one team as the capabilities write them: a value in every column that holds sealed ones. */
export async function insertSealedRows(database: pg.Pool, sealer: Sealer, value: string) {
  const team = ids.next(idPrefixes.team);
  const endpoint = ids.next(idPrefixes.endpoint);
  const secret = ids.next(idPrefixes.secret);
  const source = ids.next(idPrefixes.source);
  const sourceCredential = ids.next(idPrefixes.sourceCredential);
  const connection = ids.next(idPrefixes.connection);
  const connectionCredential = ids.next(idPrefixes.connectionCredential);
  const uuid = uuidFromId;
  await database.query(`INSERT INTO team (id, name) VALUES ($1, 'Acme')`, [uuid(team)]);
  await database.query(
    `INSERT INTO endpoint (team_id, id, url, event_types, signing, retry_schedule_seconds, timeout_ms, concurrency,
        ordering, disable_after_seconds, status, headers_sealed, client_tls_sealed)
       VALUES ($1, $2, 'https://a.test', '{*}', '{}', '{}', 1000, 1, 'none', 1, 'active', $3, $4)`,
    [
      uuid(team),
      uuid(endpoint),
      sealHeaders(sealer, team, endpoint, ['x-key', value]),
      sealClientTls(sealer, team, endpoint, { certPem: value, keyPem: value }),
    ],
  );
  await database.query(`INSERT INTO endpoint_secret (team_id, endpoint_id, id, sealed) VALUES ($1, $2, $3, $4)`, [
    uuid(team),
    uuid(endpoint),
    uuid(secret),
    sealSecret(sealer, team, secret, value),
  ]);
  await database.query(
    `INSERT INTO source_credential (team_id, source_id, id, name, kind, sealed) VALUES ($1, $2, $3, '1', 'hmac', $4)`,
    [uuid(team), uuid(source), uuid(sourceCredential), sealCredential(sealer, team, sourceCredential, value)],
  );
  await database.query(
    `INSERT INTO connection_credential (team_id, connection_id, id, name, kind, sealed)
       VALUES ($1, $2, $3, '1', 'bearer', $4)`,
    [
      uuid(team),
      uuid(connection),
      uuid(connectionCredential),
      sealFields(sealer, team, connectionCredential, { token: { value } }),
    ],
  );
  return { team, endpoint, secret, sourceCredential, connectionCredential };
}

export type SealedRows = Awaited<ReturnType<typeof insertSealedRows>>;
