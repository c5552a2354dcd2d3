import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { readHeads } from './audit-entry.store.ts';
import { checkpointOf, type SignedCheckpoint } from './checkpoint.rules.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';

/**
 * A checkpoint over the chain of one team as it is now: for what leaves the gateway. The heads of other teams are none of
 * this one's business.
 */
export async function signHead(
  ctx: Pick<Context, 'database' | 'clock'>,
  signer: CheckpointSigner,
  team: string,
): Promise<SignedCheckpoint> {
  const heads = await readAsTeam(ctx.database, team, (reader) => readHeads(reader, { team }));
  const at = new Date(ctx.clock.now()).toISOString();
  return signer.sign(checkpointOf({ scope: team, number: null, previous: null, at, key: signer.keyId, heads }));
}
