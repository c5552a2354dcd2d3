import { type FileHandle, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  allNumbers,
  appendAll,
  copyOf,
  fileHandlePrototype,
  openForTest,
  segmentPaths,
  temporaryFolder,
} from '../../tests/spool/spool-fixtures.ts';
import { range } from '../../tests/spool/records.ts';
import type { Spool, SpoolError } from './spool.ts';

const options = { segmentBytes: 500 };
const headerBytes = 38;
const recordBytes = 32 + '{"n":1,"name":"Zoë"}'.length + 1 + 20;

/** A closed spool of three segments with so many records each. */
async function closedSpool(counts: [number, number, number]): Promise<{ folder: string; paths: string[] }> {
  const folder = await temporaryFolder();
  let next = 0;
  for (const count of counts) {
    // What is appended after opening goes to a segment of its own.
    const spool = await openForTest(folder, options);
    await appendAll(spool, range(next, next + count));
    await spool.close();
    next += count;
  }
  const paths = await segmentPaths(folder);
  expect(paths).toHaveLength(3);
  return { folder, paths };
}

/** Opens a copy of the folder in which one file was changed. */
async function reopen(
  folder: string,
  path: string,
  change: (copiedPath: string) => Promise<void>,
): Promise<{ numbers: number[]; reports: SpoolError[]; spool: Spool; copy: string }> {
  const copy = await copyOf(folder);
  await change(join(copy, basename(path)));
  const spool = await openForTest(copy, options);
  return { numbers: await allNumbers(spool), reports: spool.reports, spool, copy };
}

/** What a spool is like after it went on from what it had: it takes records, gives all back, and is empty in the end. */
async function expectToGoOn({ numbers, spool, copy }: Awaited<ReturnType<typeof reopen>>): Promise<void> {
  expect(spool.state().records).toBe(numbers.length);
  await appendAll(spool, [100, 101]);
  expect(await allNumbers(spool)).toEqual([...numbers, 100, 101]);
  await spool.close();
  const again = await openForTest(copy, options);
  expect(await allNumbers(again)).toEqual([...numbers, 100, 101]);
  await again.remove(numbers.length + 2);
  expect(again.state()).toMatchObject({ records: 0, bytes: 0 });
  expect(await segmentPaths(copy)).toEqual([]);
  await again.close();
}

describe('a torn tail', () => {
  test('is cut off silently, wherever the last segment ends', async () => {
    const { folder, paths } = await closedSpool([3, 3, 3]);
    const last = paths[2]!;
    const { length } = await readFile(last);
    expect(length).toBe(headerBytes + 3 * recordBytes);
    for (let size = 0; size < length; size += 1) {
      const reopened = await reopen(folder, last, (path) => truncate(path, size));
      const whole = Math.max(0, Math.floor((size - headerBytes) / recordBytes));
      expect(reopened.numbers).toEqual(range(0, 6 + whole));
      expect(reopened.reports).toEqual([]);
      await (size % 7 === 0 ? expectToGoOn(reopened) : reopened.spool.close());
    }
  });

  test('of a segment that is not the last one is a loss that is told', async () => {
    const { folder, paths } = await closedSpool([3, 3, 3]);
    const { length } = await readFile(paths[1]!);
    for (let size = 0; size < length; size += 5) {
      const reopened = await reopen(folder, paths[1]!, (path) => truncate(path, size));
      const whole = Math.max(0, Math.floor((size - headerBytes) / recordBytes));
      expect(reopened.numbers).toEqual([...range(0, 3 + whole), ...range(6, 9)]);
      const lost = length - Math.max(headerBytes, headerBytes + whole * recordBytes);
      expect(reopened.reports.at(-1)?.message).toContain(`lost ${lost} bytes`);
      await reopened.spool.close();
    }
  });
});

describe('a flipped bit', () => {
  const firstOf = [0, 3, 5];

  test.for([0, 1, 2])(
    'anywhere in segment %i costs the record that it is in, is told, and never yields a wrong record',
    async (segment) => {
      const { folder, paths } = await closedSpool([3, 2, 2]);
      const content = await readFile(paths[segment]!);
      for (let at = 0; at < content.length; at += 1) {
        const flipped = Buffer.from(content);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
        const reopened = await reopen(folder, paths[segment]!, (path) => writeFile(path, flipped));
        const lost = at < headerBytes ? -1 : firstOf[segment]! + Math.floor((at - headerBytes) / recordBytes);
        expect(reopened.numbers).toEqual(range(0, 7).filter((n) => n !== lost));
        expect(reopened.reports).toHaveLength(1);
        await (at % 16 === 0 ? expectToGoOn(reopened) : reopened.spool.close());
      }
    },
  );

  test('in the position may make records come back, and is told', async () => {
    const { folder: drained } = await closedSpool([3, 2, 2]);
    await removeOneByOne(drained, 2);
    const position = join(drained, 'position');
    const content = await readFile(position);
    for (const [slot, numbers] of [range(1, 7), range(2, 7)].entries()) {
      for (let at = slot * 4096; at < slot * 4096 + 22; at += 1) {
        const flipped = Buffer.from(content);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
        const reopened = await reopen(drained, position, (path) => writeFile(path, flipped));
        expect(reopened.numbers).toEqual(numbers);
        expect(reopened.reports.map(({ message }) => message)).toEqual([
          expect.stringContaining('position is damaged'),
        ]);
        await reopened.spool.close();
      }
    }
  });
});

test('a position that is lost altogether makes what is still there come back', async () => {
  const { folder } = await closedSpool([3, 2, 2]);
  await removeOneByOne(folder, 4);
  const position = join(folder, 'position');
  const reopened = await reopen(folder, position, (path) => writeFile(path, Buffer.alloc(8192, 'x')));
  expect(reopened.numbers).toEqual(range(3, 7));
  expect(reopened.reports).toHaveLength(1);
  await expectToGoOn(reopened);
});

test('a file that lost bytes is set aside when it is done with', async () => {
  const { folder, paths } = await closedSpool([3, 2, 2]);
  const reopened = await reopen(folder, paths[0]!, async (path) => {
    const content = await readFile(path);
    content.fill(0, headerBytes, headerBytes + recordBytes);
    await writeFile(path, content);
  });
  expect(reopened.numbers).toEqual(range(1, 7));
  await reopened.spool.remove(6);
  const aside = await readFile(join(reopened.copy, `${basename(paths[0]!)}.damaged`));
  const readable = headerBytes + recordBytes;
  expect(aside.subarray(readable)).toEqual((await readFile(paths[0]!)).subarray(readable));
  expect(reopened.spool.state()).toMatchObject({ records: 0, bytes: 0 });
});

test('a segment that is gone is missed, and the others come back', async () => {
  const { folder, paths } = await closedSpool([3, 2, 2]);
  for (const [index, numbers] of [range(3, 7), [...range(0, 3), 5, 6]].entries()) {
    const reopened = await reopen(folder, paths[index]!, (path) => rm(path));
    expect(reopened.numbers).toEqual(numbers);
    expect(reopened.reports.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`lost \\d+ bytes: .*${basename(paths[index]!)} is missing`)),
    ]);
    await reopened.spool.close();
  }
});

test.skipIf(process.platform !== 'linux')(
  'what the disk cannot read is skipped and told, and the other segments come back',
  async () => {
    const { folder, paths } = await closedSpool([3, 2, 2]);
    const prototype = await fileHandlePrototype();
    const original = Object.getOwnPropertyDescriptor(prototype, 'read')?.value as (
      ...given: unknown[]
    ) => Promise<void>;
    const spy = vi.spyOn(prototype, 'read').mockImplementation(async function (this: FileHandle, ...given: unknown[]) {
      const path = await readlink(`/proc/self/fd/${this.fd}`);
      if (basename(path) === basename(paths[1]!)) throw Object.assign(new Error('read'), { code: 'EIO' });
      return (await Reflect.apply(original, this, given)) as never;
    });
    onTestFinished(() => spy.mockRestore());
    const reopened = await reopen(folder, paths[1]!, () => Promise.resolve());
    expect(reopened.numbers).toEqual([0, 1, 2, 5, 6]);
    expect(reopened.reports.at(-1)?.message).toContain(`lost ${2 * recordBytes} bytes`);
    await expectToGoOn(reopened);
  },
);

async function removeOneByOne(folder: string, count: number): Promise<void> {
  const spool = await openForTest(folder, options);
  for (let removed = 0; removed < count; removed += 1) {
    await spool.peek(1, 1);
    await spool.remove(1);
  }
  await spool.close();
}
