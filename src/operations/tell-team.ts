import type pg from 'pg';
import type { OperationalEventName } from './operational-event-types.ts';
import { insertOutboxEntry } from './outbox.store.ts';

/**
 * Tells a team something as an operational event, in the transaction of what it tells of: both come to be, or neither. Wake
 * the outbox when that is over.
 * @param news.data fits the schema of the type
 */
export async function tellTeam(
  client: Pick<pg.Pool, 'query'>,
  news: { teamId: string; type: OperationalEventName; data: Record<string, unknown> },
): Promise<void> {
  await insertOutboxEntry(client, news);
}
