import type { Context } from '../context.ts';
import { readAsTeam } from '../database/read-as-team.ts';
import { requireTeam } from '../teams/require-team.ts';
import type { DeliveryFilter } from './delivery-filter.ts';
import { type DeliverySummary, findDeliveries } from './delivery-query.store.ts';
import { scanDeliveries } from './scan-deliveries.ts';

/** Rows of an index that one page may look at. */
const scanMax = 20_000;

/**
 * Newest first. A page may hold fewer than `limit` deliveries, or none, and still have a `next`: rare ones among many
 * others are searched for a bounded number of rows at a time.
 * @throws Problem not_found
 */
export async function listDeliveries(
  ctx: Pick<Context, 'database'>,
  input: { teamId: string; filter: DeliveryFilter; limit: number; after: string | null },
): Promise<{ deliveries: DeliverySummary[]; next: string | null }> {
  const { teamId } = input;
  return readAsTeam(ctx.database, teamId, async (database) => {
    await requireTeam(database, teamId);
    const { ids, next } = await scanDeliveries(database, { ...input, descending: true, scanMax });
    return { deliveries: await findDeliveries(database, teamId, ids), next };
  });
}
