import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { blobKey } from '../blobs/blob-key.rules.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { openBlobStore } from '../blobs/open-blob-store.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { hasBlobsOfDay } from './blob-retention.store.ts';
import { removeOldBlobs, removeTeamBlobs } from './blob-retention.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const daysAgo = (days: number): number => nowMs - days * dayMs;

let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
let count = 0;
let seenTo: Set<string>;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-blobs-')));
  blobs = openBlobStore({ kind: 'folder' }, folder);
  seenTo = new Set();
});
afterEach(async () => {
  await blobs.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** A body that came so many days ago; with an event unless it was a duplicate's. */
async function put(history: History, days: number, withEvent = true): Promise<string> {
  count += 1;
  const key = blobKey({ nowMs: daysAgo(days), teamId: history.teamId, blobId: `blob-${count}` });
  await blobs.put(key, Buffer.from(key));
  if (withEvent) {
    const eventId = await history.event({ atMs: daysAgo(days), body: '' });
    await database.pool.query('UPDATE event SET blob_key = $1 WHERE id = $2', [key, uuidFromId(eventId)]);
  }
  return key;
}
const remove = (stopping = false): Promise<number> =>
  removeOldBlobs({ database: database.pool, blobs, nowMs, seenTo, stopping: () => stopping });
const isThere = async (key: string): Promise<boolean> => (await blobs.get(key)) !== null;
async function dropDay(days: number): Promise<void> {
  const day = new Date(daysAgo(days)).toISOString().slice(0, 10).replaceAll('-', '');
  await database.pool.query(`DROP TABLE IF EXISTS event_${day}`);
}

describe('large bodies past retention', () => {
  test('go with the days of their events, and none before', async () => {
    const history = await createHistory(database.pool, { retentionDays: 40 });
    const [old, kept, young] = [await put(history, 50), await put(history, 45), await put(history, 3)];
    await dropDay(50);
    expect(await remove()).toBe(1);
    expect(await Promise.all([old, kept, young].map(isThere))).toEqual([false, true, true]);
    await dropDay(45);
    expect(await remove()).toBe(1);
    expect(await Promise.all([kept, young].map(isThere))).toEqual([false, true]);
    expect(await remove()).toBe(0);
  });

  test('stay when the event was accepted the day after, which is kept', async () => {
    const history = await createHistory(database.pool, { retentionDays: 40 });
    const key = await put(history, 50, false);
    await history.event({ atMs: daysAgo(49) });
    expect(await remove()).toBe(0);
    expect(await isThere(key)).toBe(true);
  });

  test('of duplicates, which no event has, go as well', async () => {
    const history = await createHistory(database.pool, { retentionDays: 40 });
    const key = await put(history, 50, false);
    expect(await remove()).toBe(1);
    expect(await isThere(key)).toBe(false);
  });

  test('of a team that keeps its history shorter go earlier, once no event of its own is left', async () => {
    const [short, long] = [
      await createHistory(database.pool, { retentionDays: 7 }),
      await createHistory(database.pool, { retentionDays: 60 }),
    ];
    const [mine, theirs] = [await put(short, 20), await put(long, 20)];
    const [lately, withinMargin] = [await put(short, 3), await put(short, 8, false)];
    await remove();
    expect(await isThere(mine), 'its event is there').toBe(true);
    await database.pool.query("DELETE FROM event WHERE team_id = $1 AND id < uuid_floor(now() - interval '7 days')", [
      uuidFromId(short.teamId),
    ]);
    await remove();
    expect(await Promise.all([mine, theirs, lately, withinMargin].map(isThere))).toEqual([false, true, true, true]);
  });

  test('of a team that keeps its history shorter are asked for once, and forgotten with their day', async () => {
    const short = await createHistory(database.pool, { retentionDays: 7 });
    await createHistory(database.pool, { retentionDays: 60 });
    const [gone, held] = [await put(short, 20, false), await put(short, 21)];
    const asked: (string | undefined)[][] = [];
    const counting = {
      days: () => blobs.days(),
      removeDay(...of: Parameters<BlobStore['removeDay']>) {
        asked.push(of);
        return blobs.removeDay(...of);
      },
    };
    const run = (days: number) =>
      removeOldBlobs({
        database: database.pool,
        blobs: counting,
        nowMs: nowMs + days * dayMs,
        seenTo,
        stopping: () => false,
      });
    await put(await createHistory(database.pool), 20);
    await run(0);
    await run(0);
    expect(asked).toHaveLength(1);
    expect(await Promise.all([gone, held].map(isThere))).toEqual([false, true]);
    await database.pool.query('DELETE FROM event WHERE team_id = $1', [uuidFromId(short.teamId)]);
    await run(0);
    await run(0);
    expect(asked).toHaveLength(2);
    expect([await isThere(held), seenTo.size], 'the day of the other is there still').toEqual([false, 1]);
    for (const days of [20, 21]) await dropDay(days);
    await run(90);
    await run(90);
    expect(seenTo.size).toBe(0);
  });

  test('of a deleted team go all at once, and those of others stay', async () => {
    const [gone, other] = [await createHistory(database.pool), await createHistory(database.pool)];
    const theirs = [await put(gone, 1), await put(gone, 20)];
    const kept = await put(other, 1);
    const archived = await Promise.all(
      [gone, other].map(({ teamId }) => blobs.kept.keep(teamId, Readable.from(['x']))),
    );
    await removeTeamBlobs(blobs, uuidFromId(gone.teamId));
    expect(await Promise.all(theirs.map(isThere))).toEqual([false, false]);
    const left = [gone, other].map(async ({ teamId }, at) => {
      const found = await blobs.kept.open(teamId, (archived[at] as { sha256: string }).sha256);
      found?.stream.destroy();
      return found !== null;
    });
    expect(await Promise.all(left)).toEqual([false, true]);
    expect(await isThere(kept)).toBe(true);
  });

  test('are left alone when it is time to stop, and where there are none nothing is asked', async () => {
    expect(await remove()).toBe(0);
    const history = await createHistory(database.pool, { retentionDays: 40 });
    const key = await put(history, 50, false);
    expect(await remove(true)).toBe(0);
    expect(await isThere(key)).toBe(true);
  });

  test('are looked for among events with large bodies alone, however long the history is', async () => {
    const history = await createHistory(database.pool, { retentionDays: 7 });
    await put(history, 20);
    const asked: [string, unknown[]][] = [];
    const listening = {
      query(sql: string, values: unknown[]) {
        asked.push([sql, values]);
        return database.pool.query(sql, values);
      },
    } as unknown as typeof database.pool;
    await hasBlobsOfDay(listening, uuidFromId(history.teamId), '20200101');
    const [sql, values] = asked[0] as (typeof asked)[0];
    const client = await database.pool.connect();
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
    client.release(true);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Cond: .*blob_key/);
    expect(plan).not.toMatch(/Seq Scan|Filter: .*blob_key/);
  });
});
