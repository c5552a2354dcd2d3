import type pg from 'pg';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { ApiEnvironment, ApiProfile } from '../providers/api-profile.ts';
import type { ConnectionContext } from './connection-change.ts';
import { closeOtherCredentials } from './begin-probe.store.ts';
import { insertCredentials, setCredentialExpiry } from './connection-credential.store.ts';
import type { StoredCredential } from './connection.store.ts';
import { type GivenCredential, type PlannedCredential, planCredentials } from './plan-credentials.rules.ts';
import { sealFields } from './sealed-credential.ts';

/** @throws Problem invalid_request, invalid_credential, forbidden, with pointers */
export function planOrRefuse(
  ctx: ConnectionContext,
  account: { profile: ApiProfile; environment: ApiEnvironment; selfHosted: boolean },
  given: readonly GivenCredential[],
  held: readonly StoredCredential[],
): PlannedCredential[] {
  const plan = planCredentials({
    profile: account.profile,
    place: { ...account, policy: ctx.targetUrlPolicy },
    given,
    held: held.map(({ id, name, kind, expiresAt }) => {
      return { id, name, kind, expiresAtMs: expiresAt?.getTime() ?? null };
    }),
    mayRefer: ctx.actor.kind === 'operator',
    nowMs: ctx.clock.now(),
  });
  if (plan.ok) return plan.credentials;
  const more = { errors: plan.problems };
  if (plan.code === 'forbidden') {
    const detail =
      'Credentials that are read from a file, a variable or a command are for the operator key to set: a team could ' +
      'read what is not its own.';
    throw new Problem('forbidden', detail, more);
  }
  const detail = 'The credentials cannot be taken as they are; each error says where.';
  if (plan.code === 'invalid_credential') throw new Problem('invalid_credential', detail, more);
  throw new Problem('invalid_request', detail, more);
}

/**
 * Makes the connection's credentials what is planned; of what the plan does not keep a closing probe begins, where the
 * connection leads: change that afterwards.
 */
export async function writeCredentials(
  ctx: ConnectionContext,
  client: pg.PoolClient,
  place: { teamId: string; connectionId: string },
  planned: readonly PlannedCredential[],
): Promise<void> {
  const { teamId, connectionId } = place;
  const kept = planned.flatMap((each) => (each.plan === 'keep' ? [each] : []));
  const made = planned.flatMap((each) => (each.plan === 'make' ? [each] : []));
  const keptIds = kept.map(({ id }) => id);
  await closeOtherCredentials(client, place, keptIds, []);
  for (const credential of kept) {
    if (credential.expiryChanged) await setCredentialExpiry(client, teamId, connectionId, credential);
  }
  // The newest is used first, so what stands first in the list is made last.
  const rows = made.toReversed().map(({ name, kind, fields, expiresAtMs }) => {
    const id = ctx.ids.next(idPrefixes.connectionCredential);
    return { id, name, kind, sealed: sealFields(ctx.sealer, teamId, id, fields), expiresAtMs };
  });
  await insertCredentials(client, teamId, connectionId, rows);
}
