import { expect, test } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

/** A group commit whose batches are written when the test says so, and deferred only when `turn` is called. */
function rig(options: { maxBatch?: number; parallel?: number; maxBytes?: number } = {}) {
  const batches: { items: number[]; done(): void; fail(error: Error): void }[] = [];
  const deferred: (() => void)[] = [];
  const commit = createGroupCommit<number, string>({
    write: (items) =>
      new Promise((resolve, reject) => {
        batches.push({ items, done: () => resolve(items.map(String)), fail: reject });
      }),
    maxBatch: options.maxBatch ?? 100,
    parallel: options.parallel ?? 1,
    ...(options.maxBytes === undefined ? {} : { weigh: (item: number) => item, maxBytes: options.maxBytes }),
    defer: (run) => deferred.push(run),
  });
  const turn = async (): Promise<void> => {
    for (const run of deferred.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { commit, batches, turn };
}

test('what arrives within one turn is one batch, and each gets its own answer', async () => {
  const { commit, batches, turn } = rig();
  const answers = Promise.all([1, 2, 3].map((item) => commit.add(item)));
  expect(batches).toHaveLength(0);
  await turn();
  expect(batches.map((batch) => batch.items)).toEqual([[1, 2, 3]]);
  batches[0]!.done();
  expect(await answers).toEqual(['1', '2', '3']);
});

test('what arrives while a batch is written waits and forms the next one', async () => {
  const { commit, batches, turn } = rig();
  void commit.add(1);
  await turn();
  const later = [commit.add(2), commit.add(3)];
  await turn();
  expect(batches).toHaveLength(1);
  expect(commit.pending).toBe(3);
  batches[0]!.done();
  await turn();
  await turn();
  expect(batches[1]!.items).toEqual([2, 3]);
  batches[1]!.done();
  expect(await Promise.all(later)).toEqual(['2', '3']);
  expect(commit.pending).toBe(0);
});

test('batches are no larger than allowed, and no more at once than allowed', async () => {
  const { commit, batches, turn } = rig({ maxBatch: 4, parallel: 2 });
  const all = Promise.all(Array.from({ length: 10 }, (_, index) => commit.add(index)));
  await turn();
  expect(batches.map((batch) => batch.items)).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]);
  batches[1]!.done();
  await turn();
  await turn();
  expect(batches[2]!.items).toEqual([8, 9]);
  for (const batch of batches) batch.done();
  expect(await all).toEqual(Array.from({ length: 10 }, (_, index) => String(index)));
});

test('batches are cut by their bytes too, and an item that is larger than that goes alone', async () => {
  const { commit, batches, turn } = rig({ parallel: 4, maxBytes: 10 });
  const all = Promise.all([6, 4, 1, 25, 2, 3].map((item) => commit.add(item)));
  await turn();
  expect(batches.map((batch) => batch.items)).toEqual([[6, 4], [1], [25], [2, 3]]);
  for (const batch of batches) batch.done();
  expect(await all).toHaveLength(6);
});

test('a batch that fails rejects its own and no other', async () => {
  const { commit, batches, turn } = rig();
  const first = commit.add(1);
  await turn();
  const second = commit.add(2);
  const failed = first.catch((error: unknown) => String(error));
  batches[0]!.fail(new Error('disk full'));
  expect(await failed).toBe('Error: disk full');
  await turn();
  await turn();
  batches[1]!.done();
  expect(await second).toBe('2');
  expect(commit.pending).toBe(0);
});

test('is idle when nothing is pending', async () => {
  const { commit, batches, turn } = rig();
  await commit.idle();
  void commit.add(1);
  let idle = false;
  const waiting = commit.idle().then(() => {
    idle = true;
  });
  await turn();
  expect(idle).toBe(false);
  batches[0]!.done();
  await waiting;
  expect(idle).toBe(true);
});

test('without a say in it, batches are cut by the event loop', async () => {
  const sizes: number[] = [];
  const commit = createGroupCommit<number, number>({
    write: (items) => {
      sizes.push(items.length);
      return Promise.resolve(items);
    },
    maxBatch: 1_000,
    parallel: 2,
  });
  await Promise.all(Array.from({ length: 500 }, (_, index) => commit.add(index)));
  expect(sizes).toEqual([500]);
});
