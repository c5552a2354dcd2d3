import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { type ArrivalOrigin, isByName } from './arrival.rules.ts';
import { findSourceOrRefuse } from './find-or-refuse.ts';
import { listArrivalRows } from './source-activity.store.ts';

/** A verified request, as far as it is kept. */
type ArrivalView = {
  at: string;
  origin: ArrivalOrigin;
  /** Of the sender, when it is outside. */
  network: string | null;
  host: string;
  /** It came by the name that the URL of the source has. */
  byPublicName: boolean;
  eventId: string | null;
};

/** The newest verified requests of each origin, newest first. @throws Problem not_found */
export async function listArrivals(
  ctx: Pick<Context, 'database'> & { publicUrl: () => string },
  { teamId, sourceId }: { teamId: string; sourceId: string },
): Promise<ArrivalView[]> {
  const rows = await readAsTeam(ctx.database, teamId, async (database) => {
    await findSourceOrRefuse(database, teamId, sourceId);
    return listArrivalRows(database, teamId, sourceId);
  });
  const publicUrl = ctx.publicUrl();
  return rows.map(({ atMs, origin, network, host, eventId }) => ({
    at: new Date(atMs).toISOString(),
    origin,
    network,
    host,
    byPublicName: isByName(host, publicUrl),
    eventId,
  }));
}
