import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import { readSigners } from '../../members/list-signers.ts';
import { type ChangedCheck, changedChecks } from './evidence-set.rules.ts';
import type { PeoplePorts } from './people-ports.ts';
import { fallenBecause } from './sign-off.rules.ts';
import { findSignedSet, listSignOffRows, type StoredSignOff } from './sign-off.store.ts';

/** A sign-off as it counts now: why it does not any more, and what changed since it was given. */
export type SignOffNow = StoredSignOff & { fallenBecause: string | null; changed: readonly ChangedCheck[] };

/** The newest ones only are compared with what is there now: each is as large as the review. */
const mostCompared = 20;

/** Those of a review, newest first, those that were taken back too. @throws Problem not_found */
export async function listSignOffs(
  ctx: Pick<Context, 'database'> & PeoplePorts,
  { teamId, reviewId }: { teamId: string; reviewId: string },
): Promise<SignOffNow[]> {
  const view = await ctx.reviews.view(teamId, reviewId);
  const named = await readSigners(ctx, { teamId });
  const facts = {
    evidenceHash: view.evidenceHash,
    signers: new Map(named.map((each) => [each.duty as string, each.members])),
  };
  const found: SignOffNow[] = [];
  const rows = await readAsTeam(ctx.database, teamId, (database) => listSignOffRows(database, teamId, reviewId));
  for (const signOff of rows.toReversed()) {
    const because = signOff.withdrawnAtMs === null ? fallenBecause(signOff, facts) : 'It was taken back.';
    const isOther = signOff.evidenceHash !== view.evidenceHash && found.length < mostCompared;
    const set = isOther
      ? await readAsTeam(ctx.database, teamId, (database) => findSignedSet(database, teamId, signOff.id))
      : null;
    found.push({
      ...signOff,
      fallenBecause: because,
      changed: set === null ? [] : changedChecks(set, view.evidenceSet),
    });
  }
  return found;
}
