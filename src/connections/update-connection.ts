import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { ConnectionChange, ConnectionContext } from './connection-change.ts';
import {
  changeSettings,
  profileOrRefuse,
  refuseMovedCredentials,
  refuseWithoutBaseUrl,
  requireSources,
} from './connection-change.ts';
import { auditedConnection, connectionFacts } from './connection-facts.ts';
import type { StoredConnection } from './connection.store.ts';
import { findConnection, replaceConnection } from './connection.store.ts';
import { findConnectionOrRefuse } from './find-or-refuse.ts';
import type { GivenCredential } from './plan-credentials.rules.ts';
import type { ConnectionView } from './present-connection.ts';
import { presentConnection } from './present-connection.ts';
import { planOrRefuse, writeCredentials } from './write-credentials.ts';

export type ChangedConnection = ConnectionChange & {
  teamId: string;
  connectionId: string;
  /** The whole list that is wanted: an entry without fields keeps the stored one of its name. */
  credentials?: GivenCredential[] | undefined;
};

/**
 * Changes what is given. Provider and environment stay: another account is another connection, so that what was called
 * with one is not taken for the other.
 * @throws Problem invalid_request, invalid_base_url, invalid_credential, forbidden, unknown_provider, not_found
 */
export async function updateConnection(ctx: ConnectionContext, input: ChangedConnection): Promise<ConnectionView> {
  const { teamId, connectionId, selfHosted = false } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findConnectionOrRefuse(ctx, client, teamId, connectionId);
    const { environment } = before;
    const account = { profile: profileOrRefuse(before.provider), environment, selfHosted };
    const after = changeSettings(ctx, account, before, input);
    const planned = input.credentials && planOrRefuse(ctx, account, input.credentials, before.credentials);
    const credentials = planned ?? before.credentials;
    refuseWithoutBaseUrl(
      account,
      after.baseUrl,
      credentials.map(({ kind }) => kind),
    );
    if (planned === undefined || planned.some(({ plan }) => plan === 'keep')) {
      refuseMovedCredentials(ctx, account, { before: before.baseUrl, after: after.baseUrl });
    }
    if (input.sources !== undefined) await requireSources(client, teamId, before.provider, after.sourceIds);
    if (planned !== undefined) await writeCredentials(ctx, client, { teamId, connectionId }, planned);
    await replaceConnection(client, teamId, connectionId, after);
    const stored = (await findConnection(client, teamId, connectionId, ctx.clock.now())) as StoredConnection;
    await recordChange(ctx, client, {
      teamId,
      action: 'connection.updated',
      target: { kind: 'connection', id: connectionId },
      fields: auditedConnection,
      before: connectionFacts(before),
      after: connectionFacts(stored),
    });
    return presentConnection(ctx, stored);
  });
}
