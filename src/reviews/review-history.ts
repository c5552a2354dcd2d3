import { readAsTeam } from '../database/read-as-team.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { type ChangedCheck, changedChecks, type EvidenceSet } from './people/evidence-set.rules.ts';
import { requireReview } from './require-review.ts';
import type { ReviewContext } from './review-context.ts';
import { findSnapshot, listSnapshotRows, type Snapshot } from './snapshot.store.ts';
import { viewReview } from './view-review.ts';

/** How a review stood whenever it was measured, newest first. @throws Problem not_found */
export async function listSnapshots(
  ctx: Pick<ReviewContext, 'database'>,
  input: { teamId: string; reviewId: string; limit: number; after: string | null },
): Promise<Snapshot[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireReview(database, input.teamId, input.reviewId);
    return listSnapshotRows(database, { ...input, untilMs: null });
  });
}

/** One side of a difference: a snapshot, or the present (`id` is null). */
type Side = { id: string | null; atMs: number; evidenceHash: string; passed: boolean };

export type ReviewDiff = { from: Side; to: Side; changed: readonly ChangedCheck[] };

/**
 * What stands otherwise between two points in time.
 * @param input.from id of a snapshot, or a time: the last snapshot until then; left out: the newest one
 * @param input.to the same; left out: as it stands now
 * @throws Problem not_found, invalid_request
 */
export async function diffReview(
  ctx: ReviewContext,
  input: { teamId: string; reviewId: string; from?: string | undefined; to?: string | undefined },
): Promise<ReviewDiff> {
  await requireReview(ctx.database, input.teamId, input.reviewId);
  const snapshotAt = async (name: 'from' | 'to', place: string | undefined): Promise<Snapshot> => {
    const found = await findAt(ctx, input, place);
    if (found !== null) return found;
    const what = place === undefined ? 'It was never measured.' : `There is no snapshot ${place}, or none until then.`;
    throw new Problem('not_found', `${what} Run the review, or see its history.`, {
      errors: [{ pointer: `?${name}`, message: 'names no snapshot' }],
    });
  };
  const from = await snapshotAt('from', input.from);
  const to = input.to === undefined ? await present(ctx, input) : sideOf(await snapshotAt('to', input.to));
  const { set: before, ...fromSide } = sideOf(from);
  const { set: after, ...toSide } = to;
  return { from: fromSide, to: toSide, changed: changedChecks(before, after) };
}

async function present(ctx: ReviewContext, input: { teamId: string; reviewId: string }) {
  const view = await viewReview(ctx, input);
  const { evidenceHash, evidenceSet: set } = view;
  return { id: null, atMs: Math.floor(ctx.clock.now()), evidenceHash, passed: view.verdict.passed, set };
}

function sideOf(snapshot: Snapshot): Side & { set: EvidenceSet } {
  const { id, takenAtMs: atMs, evidenceHash, passed, evidenceSet: set } = snapshot;
  return { id, atMs, evidenceHash, passed, set };
}

async function findAt(
  { database }: ReviewContext,
  { teamId, reviewId }: { teamId: string; reviewId: string },
  place: string | undefined,
): Promise<Snapshot | null> {
  if (place !== undefined && isId(idPrefixes.reviewSnapshot, place)) {
    return readAsTeam(database, teamId, (reader) => findSnapshot(reader, { teamId, reviewId, id: place }));
  }
  const untilMs = place === undefined ? null : Date.parse(place);
  if (Number.isNaN(untilMs)) {
    throw new Problem('invalid_request', `${place} is neither the id of a snapshot nor a time.`);
  }
  const [found] = await readAsTeam(database, teamId, (reader) =>
    listSnapshotRows(reader, { teamId, reviewId, limit: 1, after: null, untilMs }),
  );
  return found ?? null;
}
