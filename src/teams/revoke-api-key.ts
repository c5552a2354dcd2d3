import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { markApiKeyRevoked } from './api-key.store.ts';
import { auditedApiKey } from './audited-fields.rules.ts';

/** From now on the key opens nothing; other nodes follow within 30 seconds. @throws Problem not_found */
export async function revokeApiKey(ctx: Context, input: { teamId: string; apiKeyId: string }): Promise<void> {
  const { teamId, apiKeyId } = input;
  const known = isId(idPrefixes.apiKey, apiKeyId);
  await inTransaction(ctx.database, async (client) => {
    if (!known || !(await markApiKeyRevoked(client, teamId, apiKeyId))) {
      throw new Problem('not_found', `There is no API key ${apiKeyId} that could be revoked.`);
    }
    await recordChange(ctx, client, {
      teamId,
      action: 'api-key.revoked',
      target: { kind: 'api-key', id: apiKeyId },
      fields: auditedApiKey,
      before: { revoked: false },
      after: { revoked: true },
    });
  });
}
