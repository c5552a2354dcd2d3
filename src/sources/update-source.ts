import { recordChange } from '../audit/record-change.ts';
import { inTransaction } from '../database/transaction.ts';
import { lockTeam } from '../teams/require-team.ts';
import { findSourceOrRefuse } from './find-or-refuse.ts';
import type { GivenCredential } from './plan-credentials.rules.ts';
import type { SourceView } from './present-source.ts';
import { presentSource } from './present-source.ts';
import type { SourceChange, SourceContext } from './source-change.ts';
import { changeSettings, profileOrRefuse, refuseUncovered } from './source-change.ts';
import { auditedSource, sourceFacts } from './source-facts.ts';
import type { StoredSource } from './source.store.ts';
import { findSource, replaceSource } from './source.store.ts';
import { type GeneratedCredential, generatedOf, planOrRefuse, shownOf, writeCredentials } from './write-credentials.ts';

export type ChangedSource = SourceChange & {
  teamId: string;
  sourceId: string;
  /** The whole list that is wanted: an entry without a value keeps the stored one of its name. */
  credentials?: GivenCredential[] | undefined;
};

/**
 * Changes what is given. The provider stays: another one would be another source.
 * @throws Problem invalid_request, invalid_secret, uncovered_body, unknown_provider, not_found
 */
export async function updateSource(
  ctx: SourceContext,
  input: ChangedSource,
): Promise<SourceView & { generated?: GeneratedCredential[] }> {
  const { teamId, sourceId } = input;
  return inTransaction(ctx.database, async (client) => {
    await lockTeam(client, teamId);
    const before = await findSourceOrRefuse(client, teamId, sourceId);
    const profile = profileOrRefuse(before.provider);
    const after = changeSettings(profile, before, input);
    const place = { profile, options: after.options };
    const planned = input.credentials && planOrRefuse(ctx, place, input.credentials, before.credentials);
    refuseUncovered(profile, new Set((planned ?? before.credentials).map(({ kind }) => kind)), after);
    await replaceSource(client, teamId, sourceId, after);
    if (planned !== undefined) await writeCredentials(ctx, client, { teamId, sourceId }, planned);
    const stored = (await findSource(client, teamId, sourceId)) as StoredSource;
    await recordChange(ctx, client, {
      teamId,
      action: 'source.updated',
      target: { kind: 'source', id: sourceId },
      fields: auditedSource,
      before: sourceFacts(before),
      after: { ...sourceFacts(stored), ...shownOf(planned ?? []) },
    });
    return { ...presentSource(ctx, stored), ...generatedOf(planned ?? []) };
  });
}
