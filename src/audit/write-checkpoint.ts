import type pg from 'pg';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { findCheckpoint, findLastCheckpoint, insertCheckpoint, lockCheckpoints } from './audit-checkpoint.store.ts';
import { readHeads } from './audit-entry.store.ts';
import { checkpointHash, checkpointOf, type SignedCheckpoint } from './checkpoint.rules.ts';
import { type CheckpointSigner, isCurrentKey } from './checkpoint-signer.ts';

const afterEntries = 1_000;
const afterMs = 600_000;

/**
 * Writes a checkpoint over all chains when one is due: 1,000 entries or ten minutes after the last, and never two over the
 * same entries. Nodes take turns.
 * @param now true: when there is any entry that the last one does not cover
 * @returns what was written
 */
export function writeCheckpoint(
  ctx: Pick<Context, 'database' | 'clock'> & { signer: CheckpointSigner },
  { now }: { now: boolean },
): Promise<SignedCheckpoint | null> {
  return inTransaction(ctx.database, async (client) => {
    await lockCheckpoints(client);
    // A key that was replaced would never be believed again, and what it signed not either.
    if (!(await isCurrentKey(client, ctx.signer.keyId))) throw new Error('the signing key was replaced meanwhile');
    return appendCheckpoint(ctx, client, { now });
  });
}

/** As `writeCheckpoint`, in a transaction that holds `lockCheckpoints`. */
export async function appendCheckpoint(
  ctx: Pick<Context, 'clock'> & { signer: CheckpointSigner },
  client: pg.PoolClient,
  { now }: { now: boolean },
): Promise<SignedCheckpoint | null> {
  const last = await findLastCheckpoint(client);
  const heads = await readHeads(client);
  const entries = heads.reduce((sum, { sequence }) => sum + sequence, 0);
  const added = entries - (last?.entries ?? 0);
  const atMs = ctx.clock.now();
  const isDue = now || last === null || added >= afterEntries || atMs - last.atMs >= afterMs;
  if (added === 0 || !isDue) return null;
  const before = last === null ? null : await findCheckpoint(client, last.number);
  const number = (last?.number ?? 0) + 1;
  const signed = ctx.signer.sign(
    checkpointOf({
      scope: 'all',
      number,
      previous: before === null ? null : checkpointHash(before),
      at: new Date(atMs).toISOString(),
      key: ctx.signer.keyId,
      heads,
    }),
  );
  await insertCheckpoint(client, { ...signed, number }, entries);
  return signed;
}
