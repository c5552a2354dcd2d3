import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  allNumbers,
  appendAll,
  bytesOnDisk,
  fileHandlePrototype,
  openForTest,
  segmentPaths,
  temporaryFolder,
} from '../../tests/spool/spool-fixtures.ts';
import { numbersOf, range, recordOf } from '../../tests/spool/records.ts';
import { SpoolError } from './spool.ts';

test('records come back in the order they were appended, with their times, also after reopening', async () => {
  const folder = await temporaryFolder();
  let nowMs = 1_700_000_000_000.5;
  const clock = { now: () => (nowMs += 1) };
  const first = await openForTest(folder, { clock, segmentBytes: 400 });
  await appendAll(first, range(0, 20));
  expect(await allNumbers(first)).toEqual(range(0, 20));
  await first.close();
  const second = await openForTest(folder, { clock, segmentBytes: 400 });
  await appendAll(second, range(20, 30));
  const records = await second.peek(100, 1_000_000);
  expect(numbersOf(records)).toEqual(range(0, 30));
  expect(records.map((record) => record.appendedAtMs)).toEqual(range(0, 30).map((n) => 1_700_000_000_001.5 + n));
  expect(second.reports).toEqual([]);
});

test('a body may be empty or any bytes, and larger than a segment', async () => {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder, { segmentBytes: 1000 });
  const bodies = [Buffer.alloc(0), Buffer.from([0, 255, 0]), Buffer.alloc(2_500_000, 'long'), Buffer.from('last')];
  for (const body of bodies) await spool.append({ head: '{}', body });
  await spool.close();
  const records = await (await openForTest(folder)).peek(10, 10_000_000);
  expect(records.map(({ body }) => body.equals(bodies.shift() as Buffer))).toEqual([true, true, true, true]);
});

test('what arrives while a batch is being synced is one batch', async () => {
  const spool = await openForTest(await temporaryFolder());
  await spool.append(recordOf(0));
  const prototype = await fileHandlePrototype();
  let letSync = (): void => undefined;
  const sync = vi.spyOn(prototype, 'datasync').mockImplementationOnce(
    () =>
      new Promise((resolve) => {
        letSync = resolve;
      }),
  );
  onTestFinished(() => sync.mockRestore());
  const write = vi.spyOn(prototype, 'writev');
  onTestFinished(() => write.mockRestore());
  const early = spool.append(recordOf(1));
  await vi.waitFor(() => expect(sync).toHaveBeenCalledTimes(1));
  const late = appendAll(spool, range(2, 500));
  let isEarlyDone = false;
  void early.then(() => (isEarlyDone = true));
  expect(await allNumbers(spool)).toEqual([0]);
  expect(isEarlyDone).toBe(false);
  letSync();
  await Promise.all([early, late]);
  expect([write.mock.calls.length, sync.mock.calls.length]).toEqual([2, 2]);
  expect(await allNumbers(spool)).toEqual(range(0, 500));
});

test('peek shows at most so many records and about so many bytes, but one at least, and removes nothing', async () => {
  const spool = await openForTest(await temporaryFolder());
  await appendAll(spool, range(0, 10), 1000);
  expect(numbersOf(await spool.peek(3, 1_000_000))).toEqual([0, 1, 2]);
  expect(numbersOf(await spool.peek(100, 2_500))).toEqual([0, 1]);
  expect(numbersOf(await spool.peek(100, 1))).toEqual([0]);
  expect(await spool.peek(0, 1_000_000)).toEqual([]);
  expect(spool.state().records).toBe(10);
});

test('what is removed stays away, also after reopening in the middle of a segment', async () => {
  const folder = await temporaryFolder();
  for (const done of range(0, 10)) {
    const spool = await openForTest(folder, { segmentBytes: 300 });
    await appendAll(spool, [2 * done, 2 * done + 1]);
    expect(await allNumbers(spool)).toEqual(range(done, 2 * done + 2));
    await spool.remove(1);
    expect(await allNumbers(spool)).toEqual(range(done + 1, 2 * done + 2));
    expect(spool.reports).toEqual([]);
    await spool.close();
  }
});

test('what is appended after everything was removed is kept, whether it was reopened before or after', async () => {
  const folder = await temporaryFolder();
  for (const n of range(0, 6)) {
    const spool = await openForTest(folder);
    expect(await allNumbers(spool)).toEqual(n === 0 ? [] : [100 + n - 1]);
    await spool.remove(n === 0 ? 0 : 1);
    if (n % 2 === 0) await spool.close();
    const next = n % 2 === 0 ? await openForTest(folder) : spool;
    await next.append(recordOf(100 + n));
    expect(next.reports).toEqual([]);
    await next.close();
  }
});

test('only what peek has shown can be removed', async () => {
  const spool = await openForTest(await temporaryFolder());
  await appendAll(spool, range(0, 5));
  await spool.peek(2, 1_000_000);
  await expect(spool.remove(3)).rejects.toThrow('3 records to remove, but peek showed 2');
  await spool.remove(2);
  await expect(spool.remove(1)).rejects.toThrow(RangeError);
  expect(await allNumbers(spool)).toEqual([2, 3, 4]);
});

test('is never larger than allowed, says full, and takes more when segments were removed', async () => {
  const folder = await temporaryFolder();
  const maxBytes = 20_000;
  const spool = await openForTest(folder, { maxBytes, segmentBytes: 4_000 });
  let next = 0;
  let kept: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const numbers = range(next, next + 100);
    next += 100;
    const outcomes = await Promise.allSettled(numbers.map((n) => spool.append(recordOf(n, 300))));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refusals.length).toBeGreaterThan(20);
    for (const refusal of refusals) expect(refusal).toMatchObject({ name: 'SpoolError', kind: 'full' });
    kept.push(...numbers.filter((_, index) => outcomes[index]!.status === 'fulfilled'));
    expect(await bytesOnDisk(folder)).toBeLessThanOrEqual(maxBytes);
    expect(spool.state()).toMatchObject({ records: kept.length, bytes: await bytesOnDisk(folder), failing: false });
    const shown = numbersOf(await spool.peek(35, 1_000_000));
    expect(shown).toEqual(kept.slice(0, 35));
    await spool.remove(35);
    kept = kept.slice(35);
  }
  expect(kept.length).toBeGreaterThan(10);
  expect(await allNumbers(spool)).toEqual(kept);
});

test('is filled to the brim, but no further, with many small segments too', async () => {
  const folder = await temporaryFolder();
  const maxBytes = 10_000;
  const spool = await openForTest(folder, { maxBytes, segmentBytes: 200 });
  const untilFull = async (): Promise<void> => {
    for (let n = 0; ; n += 1) await spool.append(recordOf(n, 1));
  };
  await expect(untilFull()).rejects.toMatchObject({ kind: 'full' });
  const bytes = await bytesOnDisk(folder);
  expect(bytes).toBeLessThanOrEqual(maxBytes);
  expect(bytes).toBeGreaterThan(maxBytes - 200);
  await expect(spool.append(recordOf(0, maxBytes))).rejects.toMatchObject({ kind: 'full' });
});

test('takes no more into memory than allowed while the disk is slow', async () => {
  const spool = await openForTest(await temporaryFolder(), { maxWaitingBytes: 10_000 });
  const outcomes = await Promise.allSettled(range(0, 30).map((n) => spool.append(recordOf(n, 1000))));
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...Array<string>(9).fill('fulfilled'),
    ...Array<string>(21).fill('rejected'),
  ]);
  expect(outcomes.at(-1)).toMatchObject({ reason: { kind: 'full' } });
  await spool.append(recordOf(9, 50_000));
  expect(await allNumbers(spool)).toEqual(range(0, 10));
});

test('an empty spool takes no room, and tells the age of the oldest record otherwise', async () => {
  const folder = await temporaryFolder();
  let nowMs = 1000;
  const clock = { now: () => (nowMs += 1) };
  const spool = await openForTest(folder, { clock, maxBytes: 1_000_000 });
  const empty = { records: 0, bytes: 0, maxBytes: 1_000_000, oldestAtMs: null, failing: false };
  expect(spool.state()).toEqual(empty);
  await appendAll(spool, range(0, 4));
  expect(spool.state()).toMatchObject({ records: 4, oldestAtMs: 1001 });
  await spool.peek(2, 1_000_000);
  await spool.remove(1);
  expect(spool.state()).toMatchObject({ records: 3, oldestAtMs: 1002 });
  await spool.remove(1);
  expect(spool.state()).toMatchObject({ records: 2, oldestAtMs: 1003 });
  await spool.close();
  const again = await openForTest(folder, { clock, maxBytes: 1_000_000 });
  expect(again.state()).toMatchObject({ records: 2, oldestAtMs: 1003 });
  await again.peek(9, 1_000_000);
  await again.remove(2);
  expect(again.state()).toEqual(empty);
  expect(await segmentPaths(folder)).toEqual([]);
  await again.append(recordOf(4));
  expect(again.state()).toMatchObject({ records: 1, oldestAtMs: 1005 });
});

test('files are for this user alone', async () => {
  const folder = join(await temporaryFolder(), 'data', 'spool');
  const spool = await openForTest(folder);
  await spool.append(recordOf(0));
  const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
  expect(await modeOf(folder)).toBe('700');
  const names = await readdir(folder);
  expect(names.toSorted()).toEqual(['000000000001.segment', 'lock', 'position']);
  for (const name of names) expect(await modeOf(join(folder, name))).toBe('600');
});

test('closing waits for what was appended, and then refuses', async () => {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder);
  const appended = appendAll(spool, range(0, 50));
  await spool.close();
  await appended;
  for (const call of [() => spool.append(recordOf(50)), () => spool.peek(1, 1), () => spool.remove(1)]) {
    await expect(call()).rejects.toThrow(SpoolError);
  }
  expect(await readdir(folder)).not.toContain('lock');
  expect(await allNumbers(await openForTest(folder))).toEqual(range(0, 50));
});

test('appending, peeking and removing at once keeps the order and loses nothing', async () => {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder, { segmentBytes: 5_000 });
  let next = 0;
  const append = async (): Promise<void> => {
    while (next < 2000) await spool.append(recordOf(next++, 40));
  };
  const drained: number[] = [];
  const drain = async (): Promise<void> => {
    while (drained.length < 2000) {
      const records = numbersOf(await spool.peek(70, 1_000_000));
      await spool.remove(records.length);
      drained.push(...records);
      await nextTurn();
    }
  };
  await Promise.all([...range(0, 16).map(append), drain()]);
  expect(drained).toEqual(range(0, 2000));
  expect(spool.state()).toMatchObject({ records: 0, bytes: 0 });
  expect(spool.reports).toEqual([]);
});
