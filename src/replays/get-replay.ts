import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { Replay } from './replay.ts';
import { findReplay } from './replay.store.ts';

/** With its counts as of now. @throws Problem not_found */
export async function getReplay(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; replayId: string },
): Promise<Replay> {
  const known = isId(idPrefixes.replay, input.replayId);
  const replay = known
    ? await readAsTeam(ctx.database, input.teamId, (database) => findReplay(database, input.teamId, input.replayId))
    : null;
  if (replay === null) throw new Problem('not_found', `There is no replay ${input.replayId.slice(0, 60)}.`);
  return replay;
}
