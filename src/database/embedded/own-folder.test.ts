import { chmod, mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../tests/support/embedded-folders.ts';
import { ensureOwnFolder } from './own-folder.ts';

const server = { uid: 4242, gid: 4242 };

test('a folder that is made can be passed by everyone and written by its owner alone', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b');
  expect(await ensureOwnFolder(folder, server)).toBe(true);
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
  expect(await ensureOwnFolder(folder, server)).toBe(true);
});

test('a folder in which others could have planted programs is refused', async () => {
  const parent = await temporaryFolder();
  const open = join(parent, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  expect(await ensureOwnFolder(open, server)).toBe(false);
  await symlink('/tmp', join(parent, 'link'));
  expect(await ensureOwnFolder(join(parent, 'link'), server)).toBe(false);
});
