import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { CredentialKind } from '../providers/api-profile.ts';

/** What makes a request one of the connection's account. Secret: never logged, recorded or answered. */
export type Authorization = {
  credentialId: string;
  kind: CredentialKind;
  /** Flat: name, value, name, value; names in lower case. */
  headers: readonly string[];
  /** Where the account lives, when that was found with the credentials: without a slash at its end. */
  baseUrl: string | null;
};

export type Authorizer = {
  /**
   * At once where nothing has to be fetched. Of many calls at the same time one asks for a token.
   * @param options.except credentials that the provider has refused for this call.
   * @throws CredentialError
   */
  authorize(
    connection: ConnectionConfig,
    options?: { except?: ReadonlySet<string> },
  ): Authorization | Promise<Authorization>;
  /**
   * The provider answered 401 to a call with this: a token is thrown away. True when another `authorize` may help,
   * with a fresh token, or with another credential (`except` must then name this one).
   */
  refused(connection: ConnectionConfig, authorization: Authorization): 'refresh' | 'other' | 'none';
  /** Tokens of a connection that was changed or deleted. */
  forget(connectionId: string): void;
};

export type CredentialErrorCode =
  /** The user has to allow the application at the provider once; `detail` holds the address to open. */
  | 'consent_required'
  /** The provider does not take the credentials. */
  | 'rejected'
  /** A file, variable or command that it refers to gave nothing; a key that cannot be read; all have expired. */
  | 'unusable'
  /** Where tokens come from did not answer. */
  | 'unreachable';

/** Says what is wrong with credentials and how to mend it; `detail` holds no secret. */
export class CredentialError extends Error {
  readonly code: CredentialErrorCode;
  readonly retryAfterMs: number | null;

  constructor(code: CredentialErrorCode, detail: string, more: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'CredentialError';
    this.code = code;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}
