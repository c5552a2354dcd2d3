import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { createFolderBlobStore } from '../../src/blobs/folder-blob-store.ts';
import { inPieces, keptBlobsContract } from './kept-blobs.contract.ts';

const team = 'team_01h455vb4pex5vsknk084sn02q';

keptBlobsContract('what the folder store keeps', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-kept-'));
  return {
    store: createFolderBlobStore({ folder }),
    async overwrite(teamId, sha256, body) {
      const path = join(folder, 'archive', teamId, sha256);
      await chmod(path, 0o600);
      await writeFile(path, body);
    },
    close: () => rm(folder, { recursive: true }),
  };
});

async function openStore() {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-kept-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = createFolderBlobStore({ folder });
  onTestFinished(() => store.close());
  return { folder, store };
}

test('a kept file is nobody’s to write, and its draft is gone', async () => {
  const { folder, store } = await openStore();
  const { sha256 } = await store.kept.keep(team, inPieces(Buffer.from('signed')));
  expect(await readdir(join(folder, 'archive', team))).toEqual([sha256]);
  expect((await stat(join(folder, 'archive', team, sha256))).mode & 0o777).toBe(0o444);
});

test('a stream that errors leaves no draft, and one that a crash left is swept when it is old', async () => {
  const { folder, store } = await openStore();
  const broken = new Readable({ read: () => undefined });
  broken.push('half');
  broken.destroy(new RangeError('gone'));
  await expect(store.kept.keep(team, broken)).rejects.toThrow(RangeError);
  const home = join(folder, 'archive', team);
  expect(await readdir(home)).toEqual([]);

  const { sha256 } = await store.kept.keep(team, inPieces(Buffer.from('signed')));
  await writeFile(join(home, `.draft-${'a'.repeat(24)}`), 'half');
  const later = createFolderBlobStore({ folder, clock: { now: () => Date.now() + 7_200_000 } });
  await later.close();
  // A store that closes at once may not have come to it; the next one gets the time.
  const last = createFolderBlobStore({ folder, clock: { now: () => Date.now() + 7_200_000 } });
  onTestFinished(() => last.close());
  await expect.poll(() => readdir(home)).toEqual([sha256]);
});

test('100 MB go through in a fraction of their memory', async () => {
  const { store } = await openStore();
  const piece = Buffer.alloc(65_536, 'x');
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const bytes = Readable.from(
    (function* () {
      for (let n = 0; n < 1600; n += 1) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        yield Buffer.from(piece);
      }
    })(),
  );
  const kept = await store.kept.keep(team, bytes);
  expect(kept.sizeBytes).toBe(1600 * 65_536);
  expect(most).toBeLessThan(64 * 1024 * 1024);
});
