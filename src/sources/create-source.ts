import type pg from 'pg';
import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { ProviderProfile } from '../providers/provider-profile.ts';
import { lockTeam } from '../teams/require-team.ts';
import type { GivenCredential } from './plan-credentials.rules.ts';
import type { SourceView } from './present-source.ts';
import { presentSource } from './present-source.ts';
import { countEventTypes, registerEventTypes } from './event-types-of-source.store.ts';
import type { SourceChange, SourceContext } from './source-change.ts';
import { changeSettings, profileOrRefuse, refuseUncovered } from './source-change.ts';
import { auditedSource, sourceFacts } from './source-facts.ts';
import type { SourceSettings, StoredSource } from './source.store.ts';
import { countSources, findSource, insertSource } from './source.store.ts';
import { type GeneratedCredential, generatedOf, planOrRefuse, shownOf, writeCredentials } from './write-credentials.ts';

const mostSources = 200;
const mostEventTypes = 1_000;

const defaults: SourceSettings = {
  name: '',
  options: {},
  status: 'active',
  allowAddresses: null,
  ratePerSecond: null,
  bodyMaxBytes: 33_554_432,
  dedupeWindowSeconds: 2_592_000,
  acceptsUncovered: false,
};

export type NewSource = SourceChange & {
  teamId: string;
  provider: string;
  name: string;
  credentials: GivenCredential[];
};

/**
 * Creates a source with its credentials, and registers those of the provider's event types that the team has not.
 * Values are answered only where Posthorn made them up, for the only time.
 * @throws Problem unknown_provider, invalid_request, invalid_secret, uncovered_body, limit_reached, not_found
 */
export async function createSource(
  ctx: SourceContext,
  input: NewSource,
): Promise<SourceView & { generated?: GeneratedCredential[] }> {
  const { teamId } = input;
  const profile = profileOrRefuse(input.provider);
  const settings = changeSettings(profile, defaults, { ...input, options: input.options ?? {} });
  const planned = planOrRefuse(ctx, { profile, options: settings.options }, input.credentials, []);
  refuseUncovered(profile, new Set(planned.map(({ kind }) => kind)), settings);
  const sourceId = ctx.ids.next(idPrefixes.source);
  const stored = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    if ((await countSources(client, teamId)) >= mostSources) {
      throw new Problem('limit_reached', `A team has at most ${mostSources} sources: delete one that is not used.`);
    }
    await insertSource(client, teamId, sourceId, profile.name, settings);
    await writeCredentials(ctx, client, { teamId, sourceId }, planned);
    await registerKnownTypes(client, teamId, profile);
    const made = (await findSource(client, teamId, sourceId)) as StoredSource;
    await recordChange(ctx, client, {
      teamId,
      action: 'source.created',
      target: { kind: 'source', id: sourceId },
      fields: auditedSource,
      after: { ...sourceFacts(made), ...shownOf(planned) },
    });
    return made;
  });
  return { ...presentSource(ctx, stored), ...generatedOf(planned) };
}

async function registerKnownTypes(client: pg.PoolClient, teamId: string, profile: ProviderProfile): Promise<void> {
  const registered = await registerEventTypes(client, teamId, profile.eventTypes);
  if (registered === 0 || (await countEventTypes(client, teamId)) <= mostEventTypes) return;
  const detail = `A team has at most ${mostEventTypes} event types, and this provider needs ${registered} more.`;
  throw new Problem('limit_reached', detail);
}
