import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { ApiEnvironment } from '../providers/api-profile.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { ConnectionChange, ConnectionContext } from './connection-change.ts';
import { changeSettings, profileOrRefuse, refuseWithoutBaseUrl, requireSources } from './connection-change.ts';
import { auditedConnection, connectionFacts } from './connection-facts.ts';
import type { ConnectionSettings, StoredConnection } from './connection.store.ts';
import { countConnections, findConnection, insertConnection } from './connection.store.ts';
import type { GivenCredential } from './plan-credentials.rules.ts';
import type { ConnectionView } from './present-connection.ts';
import { presentConnection } from './present-connection.ts';
import { planOrRefuse, writeCredentials } from './write-credentials.ts';

const mostConnections = 200;

const defaults: ConnectionSettings = {
  name: '',
  baseUrl: null,
  options: {},
  policy: {},
  status: 'active',
  sourceIds: [],
  archive: false,
};

export type NewConnection = ConnectionChange & {
  teamId: string;
  provider: string;
  environment: ApiEnvironment;
  name: string;
  credentials: GivenCredential[];
};

/**
 * Creates a connection with its credentials.
 * @throws Problem unknown_provider, invalid_request, invalid_base_url, invalid_credential, forbidden, limit_reached,
 * not_found
 */
export async function createConnection(ctx: ConnectionContext, input: NewConnection): Promise<ConnectionView> {
  const { teamId, environment, selfHosted = false } = input;
  const profile = profileOrRefuse(input.provider);
  const account = { profile, environment, selfHosted };
  const settings = changeSettings(ctx, account, defaults, { ...input, options: input.options ?? {} });
  const planned = planOrRefuse(ctx, account, input.credentials, []);
  refuseWithoutBaseUrl(
    account,
    settings.baseUrl,
    planned.map(({ kind }) => kind),
  );
  const id = ctx.ids.next(idPrefixes.connection);
  const stored = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if ((await countConnections(client, teamId)) >= mostConnections) {
      const detail = `A team has at most ${mostConnections} connections: delete one that is not used.`;
      throw new Problem('limit_reached', detail);
    }
    await requireSources(client, teamId, profile.name, settings.sourceIds);
    await insertConnection(client, { teamId, id, provider: profile.name, environment }, settings);
    await writeCredentials(ctx, client, { teamId, connectionId: id }, planned);
    const made = (await findConnection(client, teamId, id, ctx.clock.now())) as StoredConnection;
    await recordChange(ctx, client, {
      teamId,
      action: 'connection.created',
      target: { kind: 'connection', id },
      fields: auditedConnection,
      after: connectionFacts(made),
    });
    return made;
  });
  return presentConnection(ctx, stored);
}
