import type pg from 'pg';
import type { BlobStore } from '../blobs/blob-store.ts';
import { markUnknownCalls } from '../calls/mark-unknown-calls.ts';
import type { Clock } from '../clock.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { removeOldBlobs, removeTeamBlobs } from './blob-retention.ts';
import {
  cancelForDeletedEndpoints,
  deleteOldIdempotencyKeys,
  deleteOldRejections,
  deleteTeamRow,
  deleteTeamRows,
  listDeletedTeams,
  listTenantTables,
} from './leftovers.store.ts';
import { dropDay, largestRetentionDays, listDaysBefore, makeDayPartitions } from './partition.store.ts';
import { removeOldProofs } from './proof-retention.ts';
import { deleteTeamHistory, listShortRetentions } from './team-retention.store.ts';
import { createWorker, type Worker } from './worker.ts';

export type MaintenanceReport = {
  partitionsMade: number;
  daysDropped: number;
  /** Days past everyone's retention that pending deliveries keep. */
  daysKept: number;
  historyRowsDeleted: number;
  idempotencyKeysDeleted: number;
  rejectionsDeleted: number;
  drillRunsDeleted: number;
  evidenceDeleted: number;
  /** With the runs of verification. */
  deploymentsDeleted: number;
  deliveriesCancelled: number;
  /** Calls that were under way on nodes that are gone. */
  callsMarkedUnknown: number;
  teamsPurged: number;
  blobDaysRemoved: number;
};

const everyMs = 3_600_000;
const daysAhead = 7;
const dayMs = 86_400_000;
/** Any constant that nothing else locks. */
const lockKey = '7640387254310915';

/**
 * Keeps the database in shape once an hour, on one node at a time: partitions ahead of time, retention, and what
 * deleted endpoints and teams left behind. Each step is safe to cut short and to run twice; one that fails does not
 * keep the others from running.
 */
export function createMaintenance(options: {
  database: pg.Pool;
  blobs: Pick<BlobStore, 'days' | 'removeDay' | 'kept'>;
  clock: Clock;
  timers: Timers;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  onReport: (report: MaintenanceReport) => void;
  onError: (error: unknown) => void;
}): Worker {
  const { database, log } = options;
  const seenTo = new Set<string>();

  const pass = async (stopping: () => boolean): Promise<void> => {
    const report = emptyReport();
    const failures: unknown[] = [];
    const step = async (run: () => Promise<void>): Promise<void> => {
      if (stopping()) return;
      await run().catch((error: unknown) => failures.push(error));
    };
    await step(async () => {
      report.partitionsMade = await makeDayPartitions(database, daysAhead);
    });
    await step(async () => {
      report.callsMarkedUnknown = await markUnknownCalls(database, stopping);
    });
    await step(() => cancelLeftDeliveries(database, report, stopping));
    const largestDays = await largestRetentionDays(database);
    await step(() => dropOldDays(options, largestDays, report, stopping));
    await step(() => deleteShortHistories(database, largestDays, report, stopping));
    await step(() => forgetIdempotencyKeys(database, report, stopping));
    await step(() => forgetRejections(database, report, stopping));
    await step(async () => {
      const removed = await removeOldProofs(database, stopping);
      report.drillRunsDeleted = removed.drillRuns;
      report.evidenceDeleted = removed.evidence;
      report.deploymentsDeleted = removed.deployments;
    });
    await step(() => purgeTeams(options, report, stopping));
    await step(async () => {
      const { clock, blobs } = options;
      report.blobDaysRemoved = await removeOldBlobs({ database, blobs, nowMs: clock.now(), seenTo, stopping });
    });
    log.info(report, 'maintenance done');
    options.onReport(report);
    for (const failure of failures) options.onError(failure);
  };

  return createWorker({
    timers: options.timers,
    onError: options.onError,
    pollEveryMs: everyMs,
    run: async (stopping) => {
      await withLock(database, () => pass(stopping));
      return null;
    },
  });
}

function emptyReport(): MaintenanceReport {
  return {
    partitionsMade: 0,
    daysDropped: 0,
    daysKept: 0,
    historyRowsDeleted: 0,
    idempotencyKeysDeleted: 0,
    rejectionsDeleted: 0,
    drillRunsDeleted: 0,
    evidenceDeleted: 0,
    deploymentsDeleted: 0,
    deliveriesCancelled: 0,
    callsMarkedUnknown: 0,
    teamsPurged: 0,
    blobDaysRemoved: 0,
  };
}

// The lock belongs to a connection, so that a node that dies lets go of it.
async function withLock(pool: pg.Pool, run: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken = true;
  try {
    const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${lockKey}) AS taken`);
    if (rows[0]?.taken === true) {
      try {
        await run();
      } finally {
        await client.query(`SELECT pg_advisory_unlock(${lockKey})`);
      }
    }
    broken = false;
  } finally {
    client.release(broken);
  }
}

async function dropOldDays(
  options: Pick<Parameters<typeof createMaintenance>[0], 'database' | 'clock' | 'log'>,
  largestDays: number,
  report: MaintenanceReport,
  stopping: () => boolean,
): Promise<void> {
  const { database, log } = options;
  for (const day of await listDaysBefore(database, options.clock.now() - largestDays * dayMs)) {
    if (stopping()) return;
    const pending = await dropDay(database, day);
    if (pending === 0) report.daysDropped += 1;
    else {
      report.daysKept += 1;
      const date = new Date(day.startMs).toISOString().slice(0, 10);
      log.warn({ day: date, pending }, 'a day past retention is kept: deliveries of it are pending');
    }
  }
}

async function deleteShortHistories(
  database: pg.Pool,
  largestDays: number,
  report: MaintenanceReport,
  stopping: () => boolean,
): Promise<void> {
  for (const range of await listShortRetentions(database, largestDays)) {
    if (stopping()) return;
    report.historyRowsDeleted += await deleteTeamHistory(database, range, stopping);
  }
}

async function forgetIdempotencyKeys(
  database: pg.Pool,
  report: MaintenanceReport,
  stopping: () => boolean,
): Promise<void> {
  for (let more = true; more && !stopping(); ) {
    const batch = await deleteOldIdempotencyKeys(database);
    report.idempotencyKeysDeleted += batch.deleted;
    more = batch.more;
  }
}

async function forgetRejections(pool: pg.Pool, report: MaintenanceReport, stopping: () => boolean): Promise<void> {
  for (let more = true; more && !stopping(); ) {
    const batch = await deleteOldRejections(pool);
    report.rejectionsDeleted += batch.deleted;
    more = batch.more;
  }
}

async function cancelLeftDeliveries(
  database: pg.Pool,
  report: MaintenanceReport,
  stopping: () => boolean,
): Promise<void> {
  for (let more = true; more && !stopping(); ) {
    const batch = await cancelForDeletedEndpoints(database);
    report.deliveriesCancelled += batch.cancelled;
    more = batch.more;
  }
}

async function purgeTeams(
  { database, blobs }: Pick<Parameters<typeof createMaintenance>[0], 'database' | 'blobs'>,
  report: MaintenanceReport,
  stopping: () => boolean,
): Promise<void> {
  const teams = await listDeletedTeams(database);
  if (teams.length === 0) return;
  const tables = await listTenantTables(database);
  for (const team of teams) {
    for (const table of tables) {
      for (let more = true; more; ) {
        if (stopping()) return;
        more = (await deleteTeamRows(database, table, team)).more;
      }
    }
    await removeTeamBlobs(blobs, team);
    await deleteTeamRow(database, team);
    report.teamsPurged += 1;
  }
}
