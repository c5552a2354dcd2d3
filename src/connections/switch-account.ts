import type pg from 'pg';
import { idPrefixes } from '../ids/id.rules.ts';
import type { ApiEnvironment, ApiProfile } from '../providers/api-profile.ts';
import type { Options } from '../providers/provider-profile.ts';
import { changeSettings, type ConnectionContext, profileOrRefuse, refuseWithoutBaseUrl } from './connection-change.ts';
import type { ConnectionCredential } from './connection-config.ts';
import { closeOtherCredentials } from './begin-probe.store.ts';
import { insertCredentials, type NewCredentialRow, readSealedCredentials } from './connection-credential.store.ts';
import { replaceAccount, type StoredConnection } from './connection.store.ts';
import { findConnectionOrRefuse } from './find-or-refuse.ts';
import type { GivenCredential } from './plan-credentials.rules.ts';
import { sealFields } from './sealed-credential.ts';
import { planOrRefuse } from './write-credentials.ts';

/** Where a connection leads, with its credentials as they are stored: sealed, and bound to their ids. */
export type Account = {
  environment: ApiEnvironment;
  baseUrl: string | null;
  options: Options;
  credentials: readonly SealedCredential[];
};
export type SealedCredential = NewCredentialRow;

/** What a caller gives of another account of the same provider. */
export type GivenAccount = {
  baseUrl?: string | null | undefined;
  selfHosted?: boolean | undefined;
  options?: Record<string, unknown> | undefined;
  credentials: GivenCredential[];
};

/** An account that was judged, and what it is made of, for whoever compares secrets: nothing of it is kept. */
export type PlannedAccount = {
  profile: ApiProfile;
  connection: StoredConnection;
  account: Account;
  opened: readonly Omit<ConnectionCredential, 'id'>[];
};

/**
 * Judges another account for a connection as creating a connection does, and seals its credentials. Nothing is changed.
 * @throws Problem invalid_request, invalid_base_url, invalid_credential, forbidden, unknown_provider, not_found
 */
export async function planAccount(
  ctx: ConnectionContext,
  input: { teamId: string; connectionId: string; environment: ApiEnvironment; given: GivenAccount },
): Promise<PlannedAccount> {
  const { teamId, connectionId, environment, given } = input;
  const connection = await findConnectionOrRefuse(ctx, ctx.database, teamId, connectionId);
  const profile = profileOrRefuse(connection.provider);
  const place = { profile, environment, selfHosted: given.selfHosted === true };
  const blank = { ...connection, baseUrl: null, options: {} };
  const { baseUrl, options } = changeSettings(ctx, place, blank, {
    ...(given.baseUrl === undefined ? {} : { baseUrl: given.baseUrl }),
    ...(given.selfHosted === undefined ? {} : { selfHosted: given.selfHosted }),
    options: given.options ?? {},
  });
  const opened = planOrRefuse(ctx, place, given.credentials, []).flatMap((each) =>
    each.plan === 'make' ? [each] : [],
  );
  const kinds = opened.map(({ kind }) => kind);
  refuseWithoutBaseUrl(place, baseUrl, kinds);
  // The newest is used first, so what stands first in the list is made last.
  const credentials = opened.toReversed().map(({ name, kind, fields, expiresAtMs }) => {
    const id = ctx.ids.next(idPrefixes.connectionCredential);
    return { id, name, kind, sealed: sealFields(ctx.sealer, teamId, id, fields), expiresAtMs };
  });
  return { profile, connection, account: { environment, baseUrl, options, credentials }, opened };
}

/** Where a connection leads now. @throws Problem not_found */
export async function readAccount(
  ctx: Pick<ConnectionContext, 'clock'>,
  client: pg.PoolClient,
  place: { teamId: string; connectionId: string },
): Promise<Account> {
  const { environment, baseUrl, options } = await findConnectionOrRefuse(ctx, client, place.teamId, place.connectionId);
  const credentials = await readSealedCredentials(client, place.teamId, place.connectionId);
  return { environment, baseUrl, options, credentials };
}

/**
 * Leads a connection to another account, in the transaction of whoever decided so: all of it or nothing. Of credentials
 * that go a closing probe begins, where they were used.
 * @param keptIds credentials that whoever decided so keeps for the way back: those may be needed
 */
export async function switchAccount(
  client: pg.PoolClient,
  place: { teamId: string; connectionId: string },
  account: Account,
  keptIds: readonly string[],
): Promise<void> {
  const { teamId, connectionId } = place;
  await closeOtherCredentials(client, { teamId, connectionId }, [], keptIds);
  await replaceAccount(client, teamId, connectionId, account);
  await insertCredentials(client, teamId, connectionId, account.credentials);
}
