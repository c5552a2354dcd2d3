import { randomBytes } from 'node:crypto';
import { recordChange } from '../audit/record-change.ts';
import type { Context, Role } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { idPrefixes } from '../ids/id.rules.ts';
import { requireMayMakeKeyFor } from '../members/member-change.rules.ts';
import { requireActiveMember } from '../members/require-member.ts';
import { permissionsOfMemberKey } from '../members/role-permissions.rules.ts';
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
  /** Whose it is to be; left out for a machine's. */
  memberId?: string | undefined;
  /** RFC 3339. */
  expiresAt?: string | undefined;
};

/**
 * Makes a key and answers it once: only its digest is stored. A key can grant no more than it may do itself, and a
 * member's key no more than the role of the member.
 * @throws Problem forbidden, invalid_request, limit_reached, not_found
 */
export async function createApiKey(ctx: Context, input: NewApiKey): Promise<ApiKey & { key: string }> {
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
    const { teamId, name, memberId = null } = input;
    const member = memberId === null ? null : await requireActiveMember(client, teamId, memberId);
    if (member !== null) requireMayMakeKeyFor(ctx.actor, member);
    requireMayGive(ctx, input.permissions, member?.role ?? null);
    const made = await insertApiKey(client, { teamId, id, name, digest, permissions, memberId, expiresAt });
    await recordChange(ctx, client, {
      teamId,
      action: 'api-key.created',
      target: { kind: 'api-key', id },
      fields: auditedApiKey,
      after: { name, permissions, memberId, expiresAt, secretShown: true },
    });
    return made;
  });
  return { ...created, key };
}

/** `*` on a member's key is what the role grants, so that it is that which the giver has to hold. */
function requireMayGive(ctx: Context, given: readonly Grant[], role: Role | null): void {
  const { actor } = ctx;
  const granted = role === null ? null : permissionsOfMemberKey(role, ['*']);
  given.forEach((permission, index) => {
    if (granted !== null && permission !== '*' && !mayGrant(granted, permission)) {
      throw new Problem('invalid_request', `The role ${role} of the member does not grant "${permission}".`, {
        errors: [{ pointer: `/permissions/${index}`, message: `is more than the role ${role} grants` }],
      });
    }
    const meant = granted !== null && permission === '*' ? [...granted] : [permission];
    if (actor.kind === 'operator' || meant.every((each) => mayGrant(actor.permissions, each as Grant))) return;
    throw new Problem('forbidden', `This API key cannot grant "${permission}", because it does not hold it.`);
  });
}
