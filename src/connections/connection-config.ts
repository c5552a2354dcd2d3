import type { ApiEnvironment, ApiProfile, CredentialKind } from '../providers/api-profile.ts';
import type { Options } from '../providers/provider-profile.ts';
import type { Policy } from './policy.ts';

/** A field of a credential: its value, or where to read it whenever it is needed. References are the operator's to set. */
export type CredentialField =
  | { value: string }
  | { fromFile: string }
  | { fromEnv: string }
  /** The program and its arguments, run without a shell; what it prints, without the line break at its end. */
  | { fromCommand: readonly string[] };

/**
 * A credential, opened. Fields by kind: bearer `token`; header `name`, `value`; basic `username`, `password`;
 * oauth-client-credentials `tokenUrl`, `clientId`, `clientSecret`, `scope`?, `audience`?, `clientAuthentication`?
 * (`basic` | `body`); docusign-jwt `integrationKey`, `userId`, `privateKey` (PEM), `accountId`?, `authBaseUrl`?.
 */
export type ConnectionCredential = {
  id: string;
  name: string;
  kind: CredentialKind;
  fields: Readonly<Record<string, CredentialField>>;
  expiresAtMs: number | null;
};

/** A connection as calls use it: validated, credentials opened, profile found. Immutable: a change makes a new one. */
export type ConnectionConfig = {
  teamId: string;
  id: string;
  name: string;
  profile: ApiProfile;
  environment: ApiEnvironment;
  /** Without a slash at its end. Null: it is found with the credentials. */
  baseUrl: string | null;
  options: Options;
  status: 'active' | 'paused';
  /** Newest first; the first that has not expired is used, the others when the provider refuses it. */
  credentials: readonly ConnectionCredential[];
  policy: Policy;
  /** Sources whose events concern this account: they refresh the polling guard and start the archive. */
  sourceIds: readonly string[];
  archive: boolean;
};

/** Every connection of every team in memory, so that a call costs no query for its configuration. */
export type ConnectionDirectory = {
  /** Null: there is no such connection, as far as this node knows, or it cannot be read. */
  find(connectionId: string): ConnectionConfig | null;
  /** Whose it is, even if it cannot be read; null: there is no such connection, as far as this node knows. */
  teamOf(connectionId: string): string | null;
  /** Resolves when connections were read anew, for an id made a moment ago; null: there is nothing to wait for. */
  awaitNew(connectionId: string): Promise<void> | null;
  all(): Iterable<ConnectionConfig>;
  /** A connection was changed or deleted: what is kept for it (tokens, pools, breakers) may have to go. */
  onChange(listener: (connectionId: string) => void): void;
  teamChanged(teamId: string): void;
  mayHaveMissed(): void;
  start(): Promise<void>;
  stop(): Promise<void>;
};
