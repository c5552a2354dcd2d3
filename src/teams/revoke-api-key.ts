import type { Context } from '../context.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { markApiKeyRevoked } from './api-key.store.ts';

/** From now on the key opens nothing; other nodes follow within 30 seconds. @throws Problem not_found */
export async function revokeApiKey(ctx: Context, input: { teamId: string; apiKeyId: string }): Promise<void> {
  const known = isId(idPrefixes.apiKey, input.apiKeyId);
  if (!known || !(await markApiKeyRevoked(ctx.database, input.teamId, input.apiKeyId))) {
    throw new Problem('not_found', `There is no API key ${input.apiKeyId} that could be revoked.`);
  }
}
