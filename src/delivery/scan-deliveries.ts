import type pg from 'pg';
import { idFromUuid, idPrefixes, uuidFromId } from '../ids/id.rules.ts';
import type { DeliveryFilter } from './delivery-filter.ts';
import { scanDeliveryUuids } from './delivery-scan.store.ts';

/**
 * Finds deliveries in the order of their ids, which is that of their acceptance. One call looks at no more than
 * `scanMax` rows of each index it reads, whatever the filter is: a page may come out short or empty and still go on
 * from `next`; only a null `next` means the end.
 * @param input.after exclusive; null starts at the beginning.
 */
export async function scanDeliveries(
  database: Pick<pg.Pool, 'query'>,
  input: {
    teamId: string;
    filter: DeliveryFilter;
    after: string | null;
    descending: boolean;
    limit: number;
    scanMax: number;
  },
): Promise<{ ids: string[]; next: string | null }> {
  const page = await scanDeliveryUuids(database, {
    ...input,
    after: input.after === null ? null : uuidFromId(input.after),
  });
  return {
    ids: page.ids.map((id) => idFromUuid(idPrefixes.delivery, id)),
    next: page.next === null ? null : idFromUuid(idPrefixes.delivery, page.next),
  };
}
