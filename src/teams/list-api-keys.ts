import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import type { ApiKey } from './api-key.store.ts';
import { listApiKeyRows } from './api-key.store.ts';
import { requireTeam } from './require-team.ts';

/** Newest first; revoked and expired keys are listed too. @throws Problem not_found */
export async function listApiKeys(
  ctx: Context,
  input: { teamId: string; limit: number; after: string | null },
): Promise<ApiKey[]> {
  const { teamId, limit, after } = input;
  return readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return listApiKeyRows(database, teamId, limit, after);
  });
}
