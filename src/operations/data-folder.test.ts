import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDataFolder } from './data-folder.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'posthorn-data-folder-'));
});
afterEach(() => rm(place, { recursive: true }));

test('a data folder is made for its owner alone, and may be there already', async () => {
  const folder = join(place, 'deep', 'data');
  await makeDataFolder(folder);
  await makeDataFolder(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('where none can be made, it is said which and what to do', async () => {
  await writeFile(join(place, 'file'), '');
  await expect(makeDataFolder(join(place, 'file', 'data'))).rejects.toMatchObject({
    message: `the data folder ${join(place, 'file', 'data')} cannot be made (ENOTDIR)`,
    remedy: expect.stringContaining('--data'),
  });
});

test.skipIf(!existsSync('/proc/self'))('where the system makes none, it is said at once', async () => {
  await expect(makeDataFolder('/proc/posthorn/data')).rejects.toMatchObject({
    message: 'the data folder /proc/posthorn/data cannot be made (ENOENT)',
  });
});
