import type { Context } from '../context.ts';
import type { ApiKey } from './api-key.store.ts';
import { listApiKeyRows } from './api-key.store.ts';
import { requireTeam } from './require-team.ts';

/** Newest first; revoked and expired keys are listed too. @throws Problem not_found */
export async function listApiKeys(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<ApiKey[]> {
  await requireTeam(ctx.database, input.teamId);
  return listApiKeyRows(ctx.database, input.teamId, input.limit, input.after);
}
