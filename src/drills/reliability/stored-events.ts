import { createHash } from 'node:crypto';
import type { DrillDatabase } from '../stage.ts';

/** By the SHA-256 of its body in hex: how many events have it, and how many deliveries they have together. */
export type StoredEvents = ReadonlyMap<string, { events: number; deliveries: number }>;

export function hashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Every event of a drill's database, as it lies there. */
export async function readStoredEvents(database: DrillDatabase): Promise<StoredEvents> {
  const rows = await database.query<{ hash: string; events: number; deliveries: number }>(
    `SELECT encode(sha256(e.body), 'hex') AS hash, count(*)::int AS events,
        coalesce(sum((SELECT count(*) FROM delivery d WHERE d.team_id = e.team_id AND d.event_id = e.id)), 0)::int AS deliveries
      FROM event e GROUP BY 1`,
  );
  return new Map(rows.map(({ hash, events, deliveries }) => [hash, { events, deliveries }]));
}

/** What of the acknowledged is missing, there more than once, or there without a delivery. */
export function compareWithStored(
  acknowledged: ReadonlySet<string>,
  stored: StoredEvents,
): { missing: number; doubled: number; undelivered: number } {
  let [missing, doubled, undelivered] = [0, 0, 0];
  for (const hash of acknowledged) {
    const found = stored.get(hash);
    if (found === undefined) missing += 1;
    else if (found.events > 1) doubled += 1;
    else if (found.deliveries === 0) undelivered += 1;
  }
  return { missing, doubled, undelivered };
}
