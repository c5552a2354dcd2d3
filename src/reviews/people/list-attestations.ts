import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import { requireTeam } from '../../teams/require-team.ts';
import { listAttestationRows, type StoredAttestation } from './attestation.store.ts';

/** Newest first, those that were taken back too; of one check where one is named. @throws Problem not_found */
export async function listAttestations(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; checkId: string | null; limit: number; after: string | null },
): Promise<StoredAttestation[]> {
  return readAsTeam(ctx.database, input.teamId, async (database) => {
    await requireTeam(database, input.teamId);
    return listAttestationRows(database, input);
  });
}
