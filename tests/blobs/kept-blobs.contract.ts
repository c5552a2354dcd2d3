import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobKey } from '../../src/blobs/blob-key.rules.ts';
import type { BlobStore } from '../../src/blobs/blob-store.ts';
import { createIdSource } from '../../src/ids/id-source.ts';

const ids = createIdSource({ now: Date.now });
export const sha256Of = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

/** A body in pieces, as a download comes. */
export function inPieces(body: Buffer, pieceBytes = 50_000): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) pieces.push(body.subarray(at, at + pieceBytes));
  return Readable.from(pieces);
}

/** What every blob store does with what is kept. `overwrite` puts other bytes under a key, past the store. */
export function keptBlobsContract(
  name: string,
  open: () => Promise<{
    store: BlobStore;
    overwrite: (teamId: string, sha256: string, body: Buffer) => Promise<void>;
    close: () => Promise<void>;
  }>,
): void {
  let stand: Awaited<ReturnType<typeof open>>;
  let store: BlobStore;
  beforeAll(async () => {
    stand = await open();
    store = stand.store;
  });
  afterAll(async () => {
    await store.close();
    await stand.close();
  });
  const read = async (teamId: string, sha256: string): Promise<Buffer | null> => {
    const found = await store.kept.open(teamId, sha256);
    return found === null ? null : buffer(found.stream);
  };

  describe(`${name}:`, () => {
    test.each([0, 1, 300_000, 3 * 1024 * 1024])('keeps %i bytes under their hash', async (sizeBytes) => {
      const teamId = ids.next('team');
      const body = randomBytes(sizeBytes);
      const kept = await store.kept.keep(teamId, inPieces(body));
      expect(kept).toEqual({ sha256: sha256Of(body), sizeBytes });
      const found = await store.kept.open(teamId, kept.sha256);
      expect(found?.sizeBytes).toBe(sizeBytes);
      expect(found !== null && (await buffer(found.stream)).equals(body)).toBe(true);
    });

    test('makes one blob of equal bytes, one after the other and at once', async () => {
      const teamId = ids.next('team');
      const body = randomBytes(120_000);
      const all = [await store.kept.keep(teamId, inPieces(body)), await store.kept.keep(teamId, inPieces(body))];
      all.push(...(await Promise.all([1, 2, 3].map((n) => store.kept.keep(teamId, inPieces(body, n * 7000))))));
      expect(new Set(all.map(({ sha256 }) => sha256))).toEqual(new Set([sha256Of(body)]));
      expect((await read(teamId, sha256Of(body)))?.equals(body)).toBe(true);
    });

    test('stores nothing of a stream that errors, and passes its error on', async () => {
      const teamId = ids.next('team');
      const body = randomBytes(200_000);
      const broken = Readable.from(
        (async function* () {
          yield body.subarray(0, 100_000);
          throw new RangeError('cut short');
        })(),
      );
      await expect(store.kept.keep(teamId, broken)).rejects.toThrow(RangeError);
      expect(await store.kept.open(teamId, sha256Of(body))).toBeNull();
      expect(await store.kept.open(teamId, sha256Of(body.subarray(0, 100_000)))).toBeNull();
    });

    test('gives back what lies there, and mends what was damaged when it is kept again', async () => {
      const teamId = ids.next('team');
      const body = randomBytes(70_000);
      const { sha256 } = await store.kept.keep(teamId, inPieces(body));
      await stand.overwrite(teamId, sha256, Buffer.from('not what was kept'));
      expect(String(await read(teamId, sha256))).toBe('not what was kept');
      await store.kept.keep(teamId, inPieces(body));
      expect((await read(teamId, sha256))?.equals(body)).toBe(true);
    });

    test('keeps teams apart, and removes one of them', async () => {
      const [mine, other] = [ids.next('team'), ids.next('team')];
      const body = randomBytes(1000);
      const hash = sha256Of(body);
      await store.kept.keep(mine, inPieces(body));
      expect(await store.kept.open(other, hash)).toBeNull();
      await store.kept.keep(other, inPieces(body));
      await store.kept.removeTeam(mine);
      await store.kept.removeTeam(mine);
      expect(await store.kept.open(mine, hash)).toBeNull();
      expect((await read(other, hash))?.equals(body)).toBe(true);
      await store.kept.keep(mine, inPieces(body));
      expect((await read(mine, hash))?.equals(body)).toBe(true);
    });

    test('is no day, and stays when days are removed', async () => {
      const teamId = ids.next('team');
      const nowMs = Date.UTC(2020, 1, 1);
      await store.put(blobKey({ nowMs, teamId, blobId: 'a' }), Buffer.from('a'));
      const { sha256 } = await store.kept.keep(teamId, inPieces(Buffer.from('kept')));
      const days = await store.days();
      expect(days).toEqual(['20200201']);
      for (const day of days) await store.removeDay(day);
      await expect(store.removeDay('archive')).rejects.toMatchObject({ name: 'BlobStoreError' });
      await expect(store.get(`archive/${teamId}/${sha256}`)).rejects.toMatchObject({ name: 'BlobStoreError' });
      expect(String(await read(teamId, sha256))).toBe('kept');
    });

    test('refuses what is no team and no hash', async () => {
      const teamId = ids.next('team');
      await expect(store.kept.keep('..', inPieces(Buffer.from('a')))).rejects.toThrow(TypeError);
      for (const hash of ['', '..', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}/b`]) {
        await expect((async () => store.kept.open(teamId, hash))()).rejects.toThrow(TypeError);
      }
      await expect((async () => store.kept.removeTeam('..'))()).rejects.toThrow(TypeError);
    });
  });
}
