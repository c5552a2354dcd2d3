import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Replay } from './replay.ts';
import { listReplayRows } from './replay.store.ts';

/** Newest first. @throws Problem not_found */
export async function listReplays(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; limit: number; after: string | null },
): Promise<{ replays: Replay[]; next: string | null }> {
  const { teamId, limit, after } = input;
  const replays = await readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return listReplayRows(database, teamId, limit + 1, after);
  });
  const page = replays.slice(0, limit);
  return { replays: page, next: replays.length > limit ? (page.at(-1)?.id ?? null) : null };
}
