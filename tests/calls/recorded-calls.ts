import type pg from 'pg';
import type { CallEnd, CallStart } from '../../src/calls/call-ledger.ts';
import { createCallRecordStore } from '../../src/calls/call-record.store.ts';
import { floorId, uuidFromId } from '../../src/ids/id.rules.ts';
import { endOf, startOf } from './call-samples.ts';

/** A call to be put on record; `end` null leaves it running. */
export type PlannedCall = {
  atMs: number;
  start?: Partial<CallStart>;
  end?: Partial<CallEnd> | null;
};

/** Puts calls of a team on record, as the ledger would have, whenever they were. Answers them in their order. */
export async function recordCalls(
  pool: pg.Pool,
  teamId: string,
  planned: readonly PlannedCall[],
): Promise<CallStart[]> {
  const days = new Set(planned.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10)));
  for (const day of days) await ensureDay(pool, day);
  const store = createCallRecordStore(pool);
  const starts = planned.map(({ atMs, start }) => startOf({ teamId, atMs, ...start }));
  const ended = planned.flatMap(({ end }, index) => {
    const start = starts[index] as CallStart;
    return end === null ? [] : [{ start, epoch: 1, end: endOf(start, end) }];
  });
  for (let at = 0; at < starts.length; at += 2_000) await store.begin(1, starts.slice(at, at + 2_000));
  for (let at = 0; at < ended.length; at += 2_000) await store.end(ended.slice(at, at + 2_000));
  return starts;
}

/** History may lie before the partitions that a new database has. */
export async function ensureDay(pool: pg.Pool, day: string): Promise<void> {
  const startMs = Date.parse(`${day}T00:00:00Z`);
  const [from, to] = [startMs, startMs + 86_400_000].map((atMs) => uuidFromId(floorId('call', atMs)));
  for (const parent of ['call', 'call_body']) {
    await pool.query(`CREATE TABLE IF NOT EXISTS ${parent}_${day.replaceAll('-', '')} PARTITION OF ${parent}
      FOR VALUES FROM ('${from}') TO ('${to}')`);
  }
}
