import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ConnectionConfig, ConnectionCredential } from '../connections/connection-config.ts';
import type { Authorization } from './authorizer.ts';
import { CredentialError } from './authorizer.ts';
import { type CredentialValues, readValues, rereadValues } from './credential-values.ts';
import { fetchToken } from './fetch-token.ts';
import type { FieldReader } from './field-reader.ts';
import { createTokenKeeper, type Token, type TokenKeeper } from './token-keeper.ts';
import type { TokenRequester } from './token-request.ts';

type Entry = {
  /** What the token was asked for with, hashed: another credential, or another account, is another token. */
  digest: string;
  credential: ConnectionCredential;
  keeper: TokenKeeper;
  made: { token: Token; authorization: Authorization } | null;
};

/** Authorizations of the kinds that are exchanged for a token, which is kept in memory and nowhere else. */
export function createTokenAuthorizations(options: {
  reader: FieldReader;
  request: TokenRequester;
  clock: Clock;
  onError: (connection: ConnectionConfig, error: CredentialError) => void;
}) {
  const { reader, request, clock } = options;
  const ofConnections = new Map<string, Map<string, Entry>>();

  function entryOf(connection: ConnectionConfig, credential: ConnectionCredential): Entry {
    const known = ofConnections.get(connection.id)?.get(credential.id);
    if (known?.credential === credential) return known;
    const digest = digestOf(connection, credential);
    if (known?.digest === digest) {
      known.credential = credential;
      return known;
    }
    const keeper = createTokenKeeper({
      fetch: () => fetchWith(connection, credential),
      clock,
      onError: (error) => options.onError(connection, error),
    });
    const entry: Entry = { digest, credential, keeper, made: null };
    const entries = ofConnections.get(connection.id) ?? new Map<string, Entry>();
    ofConnections.set(connection.id, entries.set(credential.id, entry));
    return entry;
  }

  /** What was refused may have been replaced where the credential refers to: then it is tried once more. */
  async function fetchWith(connection: ConnectionConfig, credential: ConnectionCredential): Promise<Token> {
    const fetchAs = (values: CredentialValues): Promise<Token> =>
      fetchToken({ connection, credential, values, request, clock });
    const values = await readValues(reader, credential);
    try {
      return await fetchAs(values);
    } catch (error) {
      const isRejected = error instanceof CredentialError && error.code === 'rejected';
      if (!isRejected || !rereadValues(reader, credential, values)) throw error;
      const newer = await readValues(reader, credential);
      if (Object.entries(newer).every(([name, value]) => values[name] === value)) throw error;
      return await fetchAs(newer);
    }
  }

  function make(entry: Entry, token: Token): Authorization {
    if (entry.made?.token === token) return entry.made.authorization;
    const { id: credentialId, kind } = entry.credential;
    const headers = ['authorization', `Bearer ${token.token}`];
    entry.made = { token, authorization: { credentialId, kind, headers, baseUrl: token.baseUrl } };
    return entry.made.authorization;
  }

  return {
    authorize(connection: ConnectionConfig, credential: ConnectionCredential): Authorization | Promise<Authorization> {
      const entry = entryOf(connection, credential);
      const token = entry.keeper.get();
      return token instanceof Promise ? token.then((fetched) => make(entry, fetched)) : make(entry, token);
    },
    refused(connection: ConnectionConfig, credential: ConnectionCredential, authorization: Authorization): boolean {
      const sent = authorization.headers[1]?.slice('Bearer '.length) ?? '';
      return entryOf(connection, credential).keeper.refused(sent);
    },
    forget(connectionId: string): void {
      ofConnections.delete(connectionId);
    },
  };
}

function digestOf({ environment, baseUrl, options }: ConnectionConfig, { kind, fields }: ConnectionCredential): string {
  const text = JSON.stringify([kind, fields, environment, baseUrl, options['accountId'] ?? null]);
  return createHash('sha256').update(text).digest('base64');
}
