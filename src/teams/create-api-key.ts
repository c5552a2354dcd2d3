import { randomBytes } from 'node:crypto';
import { recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { digestOfToken, formatApiKey } from './api-key.rules.ts';
import type { ApiKey } from './api-key.store.ts';
import { countApiKeys, insertApiKey } from './api-key.store.ts';
import { auditedApiKey } from './audited-fields.rules.ts';
import type { Grant } from './permissions.rules.ts';
import { mayGrant } from './permissions.rules.ts';
import { lockTeam } from './require-team.ts';

const mostApiKeys = 500;

export type NewApiKey = {
  teamId: string;
  name: string;
  permissions: readonly Grant[];
  /** RFC 3339. */
  expiresAt?: string | undefined;
};

/**
 * Makes a key and answers it once: only its digest is stored. A key can grant no more than it may do itself.
 * @throws Problem forbidden, invalid_request, limit_reached, not_found
 */
export async function createApiKey(ctx: Context, input: NewApiKey): Promise<ApiKey & { key: string }> {
  const beyond = input.permissions.find((permission) => !actorMayGrant(ctx, permission));
  if (beyond !== undefined) {
    throw new Problem('forbidden', `This API key cannot grant "${beyond}", because it does not hold it.`);
  }
  const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
  if (expiresAt !== null && expiresAt.getTime() <= ctx.clock.now()) {
    throw new Problem('invalid_request', 'The key would be expired already.', {
      errors: [{ pointer: '/expiresAt', message: 'must lie in the future' }],
    });
  }
  const id = ctx.ids.next(idPrefixes.apiKey);
  const key = formatApiKey(id, randomBytes(32));
  const digest = Buffer.from(digestOfToken(key), 'base64');
  const permissions = [...new Set(input.permissions)].sort();
  const created = await inTransaction(ctx.database, async (client) => {
    await lockTeam(client, input.teamId);
    if ((await countApiKeys(client, input.teamId)) >= mostApiKeys) {
      throw new Problem('limit_reached', `A team has at most ${mostApiKeys} API keys: revoke one that is not used.`);
    }
    const { teamId, name } = input;
    const made = await insertApiKey(client, { teamId, id, name, digest, permissions, expiresAt });
    await recordChange(ctx, client, {
      teamId,
      action: 'api-key.created',
      target: { kind: 'api-key', id },
      fields: auditedApiKey,
      after: { name, permissions, expiresAt, secretShown: true },
    });
    return made;
  });
  return { ...created, key };
}

function actorMayGrant(ctx: Context, grant: Grant): boolean {
  return ctx.actor.kind === 'operator' || mayGrant(ctx.actor.permissions, grant);
}
