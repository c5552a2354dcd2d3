import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createDurableFolders } from './durable-folders.ts';

async function parentForTest(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'posthorn-folders-'));
  onTestFinished(() => rm(parent, { recursive: true }));
  return parent;
}

test('folders are made with all that is above them, for their owner alone, by any number at once', async () => {
  const parent = await parentForTest();
  const folders = createDurableFolders(join(parent, 'a', 'b'));
  await Promise.all(['c', 'd', 'c/e', 'c/e', 'c/f'].map((path) => folders.ensure(join(parent, 'a', 'b', path))));
  expect((await readdir(parent, { recursive: true })).toSorted()).toEqual(
    ['a', 'a/b', 'a/b/c', 'a/b/c/e', 'a/b/c/f', 'a/b/d'].toSorted(),
  );
  for (const path of ['a', 'a/b', 'a/b/c/e']) expect((await stat(join(parent, path))).mode & 0o777).toBe(0o700);
});

test('folders that are there already are taken as they are', async () => {
  const parent = await parentForTest();
  await mkdir(join(parent, 'a', 'b'), { recursive: true });
  await chmod(join(parent, 'a', 'b'), 0o755);
  await createDurableFolders(join(parent, 'a')).ensure(join(parent, 'a', 'b'));
  expect((await stat(join(parent, 'a', 'b'))).mode & 0o777).toBe(0o755);
});

test('what failed is tried anew; what was removed is made again once it is forgotten', async () => {
  const parent = await parentForTest();
  const root = join(parent, 'a');
  await writeFile(root, 'in the way');
  const folders = createDurableFolders(root);
  await expect(folders.ensure(join(root, 'b'))).rejects.toThrow('EEXIST');
  await rm(root);
  await folders.ensure(join(root, 'b'));

  await rm(root, { recursive: true });
  folders.forget();
  await folders.ensure(join(root, 'b'));
  expect(await readdir(root)).toEqual(['b']);
});
