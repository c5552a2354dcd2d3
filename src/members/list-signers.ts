import type pg from 'pg';
import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import { type Duty, duties } from './duties.rules.ts';
import { listSignerRows } from './signer.store.ts';

/** Who signs for a duty: ids of members. */
export type Signers = { duty: Duty; members: string[] };

/** The same, kept to the team by the database too. @throws Problem not_found */
export function readSigners(ctx: Pick<Context, 'database'>, input: { teamId: string }): Promise<Signers[]> {
  return readAsTeam(ctx.database, input.teamId, (database) => listSigners({ database }, input));
}

/** Every duty, also those that nobody is named for. @throws Problem not_found */
export async function listSigners(
  ctx: { database: Pick<pg.Pool, 'query'> },
  input: { teamId: string },
): Promise<Signers[]> {
  await requireTeam(ctx.database, input.teamId);
  const named = await listSignerRows(ctx.database, input.teamId);
  return duties.map((duty) => ({ duty, members: named.get(duty) ?? [] }));
}
