import type { Clock } from '../clock.ts';
import type { ConnectionConfig, ConnectionCredential } from '../connections/connection-config.ts';
import type { Authorization, Authorizer } from './authorizer.ts';
import { CredentialError } from './authorizer.ts';
import { isExpired, nextCredential } from './choose-credential.rules.ts';
import { nameOf } from './credential-values.ts';
import { createFieldReader } from './field-reader.ts';
import type { CommandRunner } from './run-command.ts';
import { createStaticAuthorizations } from './static-authorization.ts';
import { createTokenAuthorizations } from './token-authorization.ts';
import type { TokenRequester } from './token-request.ts';

export type AuthorizerOptions = {
  request: TokenRequester;
  clock: Clock;
  readEnv: (name: string) => string | undefined;
  run: CommandRunner;
  /** Something failed and nobody was told, since an older token, an older value or another credential still serves. */
  onError: (error: Error, connection: { teamId: string; connectionId: string } | null) => void;
};

const tellEveryMs = 60_000;

/**
 * Turns credentials into request headers. Fields that refer to files, variables and commands are read when they are
 * needed; tokens are fetched, renewed and kept in memory, for each connection and credential apart.
 */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { clock, request } = options;
  const tell = (connection: ConnectionConfig, error: CredentialError): void =>
    options.onError(error, { teamId: connection.teamId, connectionId: connection.id });
  const reader = createFieldReader({ ...options, onError: (error) => options.onError(error, null) });
  const statics = createStaticAuthorizations(reader);
  const tokens = createTokenAuthorizations({ reader, request, clock, onError: tell });

  const toldAtMs = new WeakMap<ConnectionCredential, number>();

  /** Another credential serves, so no caller hears of this one; once a minute is enough. */
  function tellOfFallback(
    connection: ConnectionConfig,
    credential: ConnectionCredential,
    error: CredentialError,
  ): void {
    const nowMs = clock.now();
    if (nowMs - (toldAtMs.get(credential) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return;
    toldAtMs.set(credential, nowMs);
    tell(connection, error);
  }

  function authorizeBy(connection: ConnectionConfig, credential: ConnectionCredential) {
    return isExchanged(credential) ? tokens.authorize(connection, credential) : statics.authorize(credential);
  }

  /** The first that gives something. When none does, the error of the first is told: it is the one that is meant. */
  function authorizeFrom(
    connection: ConnectionConfig,
    credential: ConnectionCredential,
    except: ReadonlySet<string> | undefined,
    first: CredentialError | null,
  ): Authorization | Promise<Authorization> {
    const goOn = (error: unknown): Authorization | Promise<Authorization> => {
      if (!(error instanceof CredentialError)) throw error;
      const told = first ?? error;
      const { credentials } = connection;
      const next =
        error.code === 'unreachable'
          ? null
          : nextCredential(credentials, clock.now(), { except, after: credential.id });
      if (next === null) throw told;
      tellOfFallback(connection, credential, error);
      return authorizeFrom(connection, next, except, told);
    };
    let found: Authorization | Promise<Authorization>;
    try {
      found = authorizeBy(connection, credential);
    } catch (error) {
      return goOn(error);
    }
    return found instanceof Promise ? found.catch(goOn) : found;
  }

  return {
    authorize(connection, { except } = {}) {
      const credential = nextCredential(connection.credentials, clock.now(), { except });
      if (credential === null) throw nothingLeft(connection, clock.now());
      return authorizeFrom(connection, credential, except, null);
    },
    refused(connection, authorization) {
      const { credentials } = connection;
      const credential = credentials.find(({ id }) => id === authorization.credentialId);
      if (credential === undefined) return credentials.length > 0 ? 'other' : 'none';
      const nowMs = clock.now();
      const mayDiffer = isExchanged(credential)
        ? tokens.refused(connection, credential, authorization)
        : statics.refused(credential, authorization);
      if (mayDiffer && !isExpired(credential, nowMs)) return 'refresh';
      if (nextCredential(credentials, nowMs, { after: credential.id }) === null) return 'none';
      tellOfFallback(connection, credential, refusedByProvider(connection, credential));
      return 'other';
    },
    forget: (connectionId) => tokens.forget(connectionId),
  };
}

function isExchanged({ kind }: ConnectionCredential): boolean {
  return kind === 'oauth-client-credentials' || kind === 'docusign-jwt';
}

function refusedByProvider({ id }: ConnectionConfig, credential: ConnectionCredential): CredentialError {
  const detail = `${nameOf(credential)} of ${id}: the provider refused it, and the next one is used; mend or remove it`;
  return new CredentialError('rejected', detail);
}

function nothingLeft({ credentials }: ConnectionConfig, nowMs: number): CredentialError {
  if (credentials.length === 0) return new CredentialError('unusable', 'the connection has no credential; add one');
  if (credentials.every((credential) => isExpired(credential, nowMs))) {
    return new CredentialError('unusable', 'every credential of the connection has expired; add a new one');
  }
  return new CredentialError('rejected', 'the provider refused every credential of the connection; enter a new one');
}
