import type pg from 'pg';
import { type AuditContext, recordChange } from '../audit/record-change.ts';
import { markMemberApiKeysRevoked } from './api-key.store.ts';
import { auditedApiKey } from './audited-fields.rules.ts';

/** Revokes every key of a member, in the transaction that removes them. The team is locked. */
export async function revokeMemberApiKeys(
  ctx: AuditContext,
  client: pg.PoolClient,
  { teamId, memberId }: { teamId: string; memberId: string },
): Promise<void> {
  for (const id of await markMemberApiKeysRevoked(client, teamId, memberId)) {
    await recordChange(ctx, client, {
      teamId,
      action: 'api-key.revoked',
      target: { kind: 'api-key', id },
      fields: auditedApiKey,
      before: { revoked: false },
      after: { revoked: true },
    });
  }
}
