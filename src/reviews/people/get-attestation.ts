import type { Context } from '../../context.ts';
import { readAsTeam } from '../../database/read-as-team.ts';
import { requireTeam } from '../../teams/require-team.ts';
import type { StoredAttestation } from './attestation.store.ts';
import { requireAttestation } from './require-attestation.ts';

/** One that was taken back is answered too. @throws Problem not_found */
export async function getAttestation(
  ctx: Pick<Context, 'database'>,
  { teamId, id }: { teamId: string; id: string },
): Promise<StoredAttestation> {
  return readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    return requireAttestation(database, teamId, id);
  });
}
