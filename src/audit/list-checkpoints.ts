import type { Context } from '../context.ts';
import { listCheckpointRows } from './audit-checkpoint.store.ts';
import type { SignedCheckpoint } from './checkpoint.rules.ts';

/** Newest first, before the number `after`. */
export function listCheckpoints(
  ctx: Pick<Context, 'database'>,
  input: { limit: number; after: number | null },
): Promise<SignedCheckpoint[]> {
  return listCheckpointRows(ctx.database, { ...input, descending: true });
}
