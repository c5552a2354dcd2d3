import type pg from 'pg';
import type { BlobStore } from '../blobs/blob-store.ts';
import { idFromUuid } from '../ids/id.rules.ts';
import { hasBlobsOfDay, listEventDays } from './blob-retention.store.ts';
import { listTeamRetentions } from './team-retention.store.ts';

const dayMs = 86_400_000;
/** A body may be stored before midnight and its event accepted after it, later still when it came out of the spool. */
const marginDays = 2;

/**
 * Removes large bodies that are past retention, a day at a time: of all teams once no event of that day is left, and of
 * a team that keeps its history shorter once no event of its own is.
 * @param options.seenTo what earlier runs of this process saw to, as `day team`: nothing is added to a day that is past
 * @returns how many days, of all teams or of one, were removed.
 */
export async function removeOldBlobs(options: {
  database: pg.Pool;
  blobs: Pick<BlobStore, 'days' | 'removeDay'>;
  nowMs: number;
  seenTo: Set<string>;
  stopping: () => boolean;
}): Promise<number> {
  const { database, blobs, nowMs, seenTo, stopping } = options;
  const days = await blobs.days();
  for (const name of seenTo) if (!days.includes(name.slice(0, 8))) seenTo.delete(name);
  if (days.length === 0) return 0;
  const retentions = await listTeamRetentions(database);
  const longestDays = Math.max(30, ...retentions.map(({ days: kept }) => kept));
  const eventDays = new Set(await listEventDays(database));
  let removed = 0;
  for (const day of days) {
    if (stopping()) return removed;
    const ageDays = (nowMs - Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`)) / dayMs;
    if (ageDays > longestDays + marginDays && !eventDays.has(day) && !eventDays.has(dayAfter(day))) {
      await blobs.removeDay(day);
      removed += 1;
      continue;
    }
    for (const { team, days: kept } of retentions) {
      if (kept >= longestDays || ageDays <= kept + marginDays) continue;
      if (stopping()) return removed;
      const name = `${day} ${team}`;
      if (seenTo.has(name) || (await hasBlobsOfDay(database, team, day))) continue;
      await blobs.removeDay(day, idFromUuid('team', team));
      seenTo.add(name);
    }
  }
  return removed;
}

/** Removes everything that a deleted team has in the blob store, its archived documents too. */
export async function removeTeamBlobs(
  blobs: Pick<BlobStore, 'days' | 'removeDay' | 'kept'>,
  team: string,
): Promise<void> {
  const teamId = idFromUuid('team', team);
  for (const day of await blobs.days()) await blobs.removeDay(day, teamId);
  await blobs.kept.removeTeam(teamId);
}

function dayAfter(day: string): string {
  const startMs = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00Z`);
  return new Date(startMs + dayMs).toISOString().slice(0, 10).replaceAll('-', '');
}
