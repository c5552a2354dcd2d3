import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../tests/support/until.ts';
import { newDraftName, sweepDrafts } from './drafts.ts';
import { createFolderBlobStore } from './folder-blob-store.ts';

const team = 'team_01h455vb4pex5vsknk084sn02q';
const key = `20260101/${team}/a`;
const hour = 3_600_000;

async function folderForTest(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'posthorn-blobs-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'blobs');
}

function storeIn(folder: string, onError = (error: unknown): void => expect.unreachable(String(error))) {
  const store = createFolderBlobStore({ folder, onError });
  onTestFinished(() => store.close());
  return store;
}

/** A draft as a crash leaves it, last written so long ago. */
async function leaveDraft(folder: string, ageMs: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, newDraftName());
  await writeFile(path, 'half');
  const then = new Date(Date.now() - ageMs);
  await utimes(path, then, then);
  return path;
}

const isThere = async (path: string) => (await readdir(dirname(path))).some((name) => path.endsWith(`/${name}`));

describe('the folder store', () => {
  test('keeps files and folders for their owner alone, under their keys, and nothing beside them', async () => {
    const folder = await folderForTest();
    await storeIn(folder).put(key, Buffer.from('a'));
    expect(await readdir(folder, { recursive: true })).toEqual(['20260101', `20260101/${team}`, key]);
    const modes = await Promise.all(['', '20260101', `20260101/${team}`, key].map((path) => stat(join(folder, path))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '700', '600']);
  });

  test('is read by another store over the same folder, while both write', async () => {
    const folder = await folderForTest();
    const [one, other] = [storeIn(folder), storeIn(folder)];
    const keys = Array.from({ length: 20 }, (_, index) => `20260101/${team}/${index}`);
    await Promise.all(keys.map((each, index) => (index % 2 === 0 ? one : other).put(each, Buffer.from(each))));
    for (const each of keys) expect(String(await (keys.indexOf(each) % 2 === 0 ? other : one).get(each))).toBe(each);
  });

  test('makes its folders again when somebody removed them', async () => {
    const folder = await folderForTest();
    const store = storeIn(folder);
    for (const gone of [`${folder}/20260101/${team}`, `${folder}/20260101`, folder]) {
      await store.put(key, Buffer.from('a'));
      await rm(gone, { recursive: true });
      await store.put(key, Buffer.from('b'));
      expect(String(await store.get(key))).toBe('b');
    }
    await rm(folder, { recursive: true });
    await expect(store.check()).rejects.toThrow('ENOENT');
    await store.check();
  });

  test('leaves nothing behind when it is checked', async () => {
    const folder = await folderForTest();
    await storeIn(folder).check();
    expect(await readdir(folder)).toEqual([]);
  });

  test('follows no link in the place of a blob', async () => {
    const folder = await folderForTest();
    const store = storeIn(folder);
    await store.put(key, Buffer.from('a'));
    await symlink('/etc/hostname', join(folder, `20260101/${team}/link`));
    await expect(store.get(`20260101/${team}/link`)).rejects.toMatchObject({ name: 'BlobStoreError' });
  });

  test('says what is wrong and how to mend it when something else is in the way', async () => {
    const folder = await folderForTest();
    await mkdir(dirname(folder), { recursive: true });
    await writeFile(folder, 'no folder');
    const problems: unknown[] = [];
    const store = storeIn(folder, (error) => problems.push(error));
    const wrong = { name: 'BlobStoreError', full: false, message: expect.stringContaining(folder) as string };
    await expect(store.put(key, Buffer.from('a'))).rejects.toMatchObject(wrong);
    await expect(store.get(key)).rejects.toMatchObject(wrong);
    await expect(store.days()).rejects.toThrow(/ENOTDIR.*move that away/);
    await expect(store.check()).rejects.toMatchObject(wrong);
    await store.close();
    expect(problems).toEqual([expect.objectContaining({ name: 'BlobStoreError' })]);
  });

  test('ignores what is no blob: other files, days that are none, drafts', async () => {
    const folder = await folderForTest();
    const store = storeIn(folder);
    await store.put(key, Buffer.from('a'));
    await mkdir(join(folder, 'lost+found'));
    await mkdir(join(folder, '20261301'));
    await writeFile(join(folder, '20260102'), 'a file');
    expect(await store.days()).toEqual(['20260101']);
  });
});

describe('drafts that a crash left behind', () => {
  test('are swept away when they are old; young ones, blobs and other files stay', async () => {
    const folder = await folderForTest();
    const home = join(folder, '20260101', team);
    const old = [
      await leaveDraft(folder, 2 * hour),
      await leaveDraft(home, 2 * hour),
      await leaveDraft(home, 90 * hour),
    ];
    const young = [await leaveDraft(folder, hour / 2), await leaveDraft(home, hour / 2)];
    const foreign = await leaveDraft(join(folder, 'notes', team), 2 * hour);
    const other = join(home, '.draft-of-mine');
    await writeFile(other, 'no draft of the store');
    await writeFile(join(home, 'blob'), 'a blob');
    await writeFile(join(folder, '20260102'), 'no folder of a day');
    await utimes(other, 0, 0);
    await utimes(join(home, 'blob'), 0, 0);

    const olderThanMs = Date.now() - hour;
    await sweepDrafts({ folder, olderThanMs, stopped: () => true });
    for (const path of old) expect(await isThere(path)).toBe(true);
    await sweepDrafts({ folder, olderThanMs, stopped: () => false });
    for (const path of old) expect(await isThere(path)).toBe(false);
    for (const path of [...young, foreign, other, join(home, 'blob')]) expect(await isThere(path)).toBe(true);
  });

  test('are swept away when a store starts', async () => {
    const folder = await folderForTest();
    const draft = await leaveDraft(join(folder, '20260101', team), 2 * hour);
    storeIn(folder);
    await until('the sweep', async () => !(await isThere(draft)));
    expect(await readdir(folder)).toEqual(['20260101']);
  });

  test('are never read, nor keep a day that was removed', async () => {
    const folder = await folderForTest();
    const draft = await leaveDraft(join(folder, '20260101', team), 0);
    const store = storeIn(folder);
    await expect(store.get(`20260101/${team}/${draft.split('/').at(-1) ?? ''}`)).rejects.toThrow('Not a key');
    await store.removeDay('20260101', team);
    expect(await readdir(folder)).toEqual([]);
  });

  test('are what a killed process leaves, and nothing else: every blob it told of is whole', async () => {
    const folder = await folderForTest();
    const module = new URL('./folder-blob-store.ts', import.meta.url).href;
    const script = `
      const { createFolderBlobStore } = await import(${JSON.stringify(module)});
      const { randomBytes, createHash } = await import('node:crypto');
      const store = createFolderBlobStore({ folder: process.argv[1] });
      const putOn = async () => {
        for (;;) {
          const body = randomBytes(200_000);
          const hash = createHash('sha256').update(body).digest('hex');
          await store.put('20260101/${team}/' + hash, body);
          process.stdout.write(hash + '\\n');
        }
      };
      await Promise.all([putOn(), putOn(), putOn(), putOn()]);`;
    const told: string[] = [];
    for (const until of [3, 17, 40]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
      let heard = 0;
      for await (const hash of createInterface({ input: child.stdout })) {
        told.push(hash);
        heard += 1;
        if (heard === until) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    expect(told.length).toBeGreaterThanOrEqual(60);
    const home = join(folder, '20260101', team);
    const names = await readdir(home);
    expect(names).toEqual(expect.arrayContaining(told));
    for (const name of names.filter((each) => !each.startsWith('.draft-'))) {
      expect(
        createHash('sha256')
          .update(await readFile(join(home, name)))
          .digest('hex'),
      ).toBe(name);
    }
  });
});

function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).status === 0;
}

const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-mount-'));
  const mounted = mountSmallDisk(folder);
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
})();

describe('a full disk', () => {
  test.skipIf(!canMount)('is told apart, leaves no draft, and takes blobs again when there is room', async () => {
    const disk = await mkdtemp(join(tmpdir(), 'posthorn-small-'));
    expect(mountSmallDisk(disk)).toBe(true);
    onTestFinished(async () => {
      spawnSync('umount', [disk]);
      await rm(disk, { recursive: true });
    });
    const folder = join(disk, 'blobs');
    const store = storeIn(folder);
    const full = { name: 'BlobStoreError', full: true, message: expect.stringMatching(/ENOSPC.*disk space/) as string };
    await store.put(key, randomBytes(1_000_000));
    await expect(store.put(`20260101/${team}/b`, randomBytes(3_000_000))).rejects.toMatchObject(full);
    expect(await readdir(join(folder, '20260101', team))).toEqual(['a']);
    expect(await store.get(`20260101/${team}/b`)).toBeNull();
    expect((await store.get(key))?.length).toBe(1_000_000);

    await writeFile(join(disk, 'ballast'), randomBytes(3_000_000)).catch(() => undefined);
    await expect(store.check()).rejects.toMatchObject(full);
    await rm(join(disk, 'ballast'));
    await store.check();
    await store.put(`20260101/${team}/b`, randomBytes(900_000));
    expect((await store.get(`20260101/${team}/b`))?.length).toBe(900_000);
    await store.close();
  });
});
