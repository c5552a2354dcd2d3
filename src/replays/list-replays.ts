import type { Context } from '../context.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { Replay } from './replay.ts';
import { listReplayRows } from './replay.store.ts';

/** Newest first. @throws Problem not_found */
export async function listReplays(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; limit: number; after: string | null },
): Promise<{ replays: Replay[]; next: string | null }> {
  await requireTeam(ctx.database, input.teamId);
  const replays = await listReplayRows(ctx.database, input.teamId, input.limit + 1, input.after);
  const page = replays.slice(0, input.limit);
  return { replays: page, next: replays.length > input.limit ? (page.at(-1)?.id ?? null) : null };
}
