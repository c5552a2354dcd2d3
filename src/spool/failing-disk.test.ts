import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, type FileHandle, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { numbersOf, range, recordOf } from '../../tests/spool/records.ts';
import {
  allNumbers,
  appendAll,
  bytesOnDisk,
  fileHandlePrototype,
  openForTest,
  segmentPaths,
  temporaryFolder,
} from '../../tests/spool/spool-fixtures.ts';
import type { WriterOptions } from '../../tests/spool/spool-writer.ts';
import type { SpoolState } from './spool.ts';

type Call = 'datasync' | 'sync' | 'truncate';

/** The next call of a file handle fails as a broken disk makes it fail, which no real one does when it is asked to. */
async function failNext(call: Call, code = 'EIO'): Promise<void> {
  const prototype: Record<Call, (this: FileHandle) => Promise<void>> = await fileHandlePrototype();
  const spy = vi.spyOn(prototype, call).mockRejectedValueOnce(Object.assign(new Error(code), { code }));
  onTestFinished(() => spy.mockRestore());
}

describe('a failed fsync', () => {
  test('rejects its whole batch, and what follows goes to another file', async () => {
    const folder = await temporaryFolder();
    const spool = await openForTest(folder);
    await appendAll(spool, range(0, 3));
    await failNext('datasync');
    const outcomes = await Promise.allSettled(range(3, 6).map((n) => spool.append(recordOf(n))));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'SpoolError', kind: 'failed' } });
    }
    expect(spool.state()).toMatchObject({ records: 3, failing: true });
    expect(await allNumbers(spool)).toEqual([0, 1, 2]);
    await appendAll(spool, [6, 7]);
    expect(spool.state()).toMatchObject({ records: 5, failing: false, bytes: await bytesOnDisk(folder) });
    expect(await segmentPaths(folder)).toHaveLength(2);
    await spool.close();
    const again = await openForTest(folder);
    expect(await allNumbers(again)).toEqual([0, 1, 2, 6, 7]);
    expect(again.reports).toEqual([]);
  });

  test('whose file cannot be cut either leaves nothing that is read later, whatever becomes of it', async () => {
    const folder = await temporaryFolder();
    const spool = await openForTest(folder);
    await appendAll(spool, range(0, 3));
    await failNext('truncate');
    await failNext('datasync');
    await expect(spool.append(recordOf(3))).rejects.toThrow('could not write');
    const [path] = await segmentPaths(folder);
    expect(spool.state().bytes).toBe((await stat(path!)).size);
    await appendAll(spool, [4, 5]);
    await spool.close();
    const { size } = await stat(path!);
    for (const cut of [0, 5, 40]) {
      const copy = await temporaryFolder();
      for (const each of await segmentPaths(folder)) await copyFile(each, each.replace(folder, copy));
      await truncate(path!.replace(folder, copy), size - cut);
      const again = await openForTest(copy);
      expect(await allNumbers(again)).toEqual([0, 1, 2, 4, 5]);
      expect(again.reports).toEqual([]);
    }
  });

  test.for(['datasync', 'sync'] as const)('(%s) of a new file leaves no record and no loss behind', async (call) => {
    const folder = await temporaryFolder();
    const spool = await openForTest(folder);
    await failNext(call);
    await expect(spool.append(recordOf(0))).rejects.toMatchObject({ kind: 'failed' });
    expect(spool.state()).toEqual({ ...spool.state(), records: 0, bytes: 0, oldestAtMs: null, failing: true });
    expect(await segmentPaths(folder)).toEqual([]);
    await appendAll(spool, [1, 2]);
    await spool.close();
    const again = await openForTest(folder);
    expect(await allNumbers(again)).toEqual([1, 2]);
    expect(again.reports).toEqual([]);
  });

  test('keeps a segment that was drained meanwhile from staying for ever', async () => {
    const folder = await temporaryFolder();
    const spool = await openForTest(folder);
    await spool.append(recordOf(0));
    let fail = (_error: Error): void => undefined;
    const sync = vi.spyOn(await fileHandlePrototype(), 'datasync').mockImplementationOnce(
      () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    );
    onTestFinished(() => sync.mockRestore());
    const refused = spool.append(recordOf(1)).catch((error: unknown) => error);
    await vi.waitFor(() => expect(sync).toHaveBeenCalledTimes(1));
    await spool.peek(1, 1);
    await spool.remove(1);
    expect(spool.state().records).toBe(0);
    expect(await segmentPaths(folder)).toHaveLength(1);
    fail(new Error('EIO'));
    expect(await refused).toMatchObject({ kind: 'failed' });
    expect(await spool.peek(1, 1)).toEqual([]);
    expect(spool.state().bytes).toBe(0);
    expect(await segmentPaths(folder)).toEqual([]);
  });

  test('of the position makes remove fail, and it can be tried again', async () => {
    const folder = await temporaryFolder();
    const spool = await openForTest(folder);
    await appendAll(spool, range(0, 4));
    await spool.peek(2, 1_000_000);
    await failNext('datasync');
    await expect(spool.remove(2)).rejects.toMatchObject({ name: 'SpoolError', kind: 'failed' });
    expect(await allNumbers(spool)).toEqual([0, 1, 2, 3]);
    await spool.remove(2);
    await spool.close();
    expect(await allNumbers(await openForTest(folder))).toEqual([2, 3]);
  });
});

test('a disk that takes no more of a file: what is refused is gone, what is acknowledged is there', async () => {
  const folder = await temporaryFolder();
  const script = join(import.meta.dirname, '../../tests/spool/spool-writer.ts');
  const options: WriterOptions = { folder, from: 0, to: 300, callers: 8, segmentBytes: 1_000_000 };
  const argument = JSON.stringify({ ...options, drains: false });
  const shell = 'ulimit -f 100; exec "$@"';
  const { stdout } = spawnSync('/bin/sh', ['-c', shell, 'sh', process.execPath, script, argument], {
    encoding: 'utf8',
  });
  const lines = stdout.split('\n');
  const numbersSaid = (word: string) =>
    lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1]));
  expect(numbersSaid('refused').length).toBeGreaterThan(5);
  const acknowledged = numbersSaid('appended').toSorted((a, b) => a - b);
  expect(acknowledged.length + numbersSaid('refused').length).toBe(300);
  const state = JSON.parse(lines.find((line) => line.startsWith('state '))!.slice(6)) as SpoolState;
  expect(state).toMatchObject({ records: acknowledged.length, bytes: await bytesOnDisk(folder) });
  const spool = await openForTest(folder);
  expect(await allNumbers(spool)).toEqual(acknowledged);
  expect(spool.reports).toEqual([]);
});

describe('a full disk', () => {
  test.skipIf(!canMount())('refuses, can still be drained, and takes more when it was (needs to mount)', async () => {
    const disk = await temporaryFolder();
    expect(mountSmallDisk(disk)).toBe(true);
    onTestFinished(() => void spawnSync('umount', ['-l', disk]));
    const spool = await openForTest(join(disk, 'spool'), { segmentBytes: 100_000 });
    const kept: number[] = [];
    const refusals: unknown[] = [];
    for (let n = 0; refusals.length < 20; n += 1) {
      const outcome = await spool.append(recordOf(n, 3000)).catch((error: unknown) => error);
      if (outcome === undefined) kept.push(n);
      else refusals.push(outcome);
    }
    for (const refusal of refusals) expect(refusal).toMatchObject({ name: 'SpoolError', kind: 'full' });
    expect(spool.state()).toMatchObject({ failing: true, records: kept.length });
    await writeFile(join(disk, 'rest'), Buffer.alloc(1_000_000)).catch(() => undefined);
    const drained = numbersOf(await spool.peek(100, 10_000_000));
    await spool.remove(drained.length);
    await appendAll(spool, [1_000_000]);
    expect(spool.state().failing).toBe(false);
    await spool.close();
    await rm(join(disk, 'rest'));
    const again = await openForTest(join(disk, 'spool'));
    expect([...drained, ...(await allNumbers(again))]).toEqual([...kept, 1_000_000]);
    await again.close();
  });
});

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-mount-'));
  const mounted = mountSmallDisk(folder);
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
}

function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
}
