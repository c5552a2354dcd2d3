import type pg from 'pg';
import { requireTeam } from '../teams/require-team.ts';
import { type Duty, duties } from './duties.rules.ts';
import { listSignerRows } from './signer.store.ts';

/** Who signs for a duty: ids of members. */
export type Signers = { duty: Duty; members: string[] };

/** Every duty, also those that nobody is named for. @throws Problem not_found */
export async function listSigners(
  ctx: { database: Pick<pg.Pool, 'query'> },
  input: { teamId: string },
): Promise<Signers[]> {
  await requireTeam(ctx.database, input.teamId);
  const named = await listSignerRows(ctx.database, input.teamId);
  return duties.map((duty) => ({ duty, members: named.get(duty) ?? [] }));
}
