import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { AccessAudit } from './access-audit.ts';
import { type EntryFilter, listAllRows, listChainRows } from './audit-entry.store.ts';
import type { AuditEntry } from './audit-entry.ts';
import { toJson } from './canonical-json.rules.ts';
import { requireChain } from './require-chain.ts';

type ListContext = Pick<Context, 'database' | 'actor' | 'requestId' | 'address'> & {
  access: Pick<AccessAudit, 'read'>;
};

/** A team's own chain, newest first, below the sequence number `after`. Reading is on record before it is answered. @throws Problem not_found */
export async function listTeamEntries(
  ctx: ListContext,
  input: { teamId: string; filter: EntryFilter; limit: number; after: number | null },
): Promise<AuditEntry[]> {
  const { teamId, filter, limit, after } = input;
  const entries = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireChain(database, teamId);
    return listChainRows(database, { team: teamId, filter, limit, after });
  });
  await ctx.access.read(ctx, { team: teamId, action: 'audit.read', filter: toJson(filter) });
  return entries;
}

/** All chains, the gateway's own among them, newest first, below the id `after`. Reading is on record before it is answered. */
export async function listAllEntries(
  ctx: ListContext,
  input: { filter: EntryFilter; limit: number; after: string | null },
): Promise<AuditEntry[]> {
  const entries = await listAllRows(ctx.database, input);
  await ctx.access.read(ctx, { team: null, action: 'audit.read', filter: toJson(input.filter) });
  return entries;
}
