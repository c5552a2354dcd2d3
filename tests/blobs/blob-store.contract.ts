import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blobKey } from '../../src/blobs/blob-key.rules.ts';
import { type BlobStore, BlobStoreError } from '../../src/blobs/blob-store.ts';
import { createIdSource } from '../../src/ids/id-source.ts';

const ids = createIdSource({ now: Date.now });
let nextDay = Date.UTC(2026, 0, 1);

/** A day that no other test of this file uses, and keys in it. */
function freshDay() {
  const nowMs = nextDay;
  nextDay += 86_400_000;
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '');
  const team = () => ids.next('team');
  const key = (teamId: string) => blobKey({ nowMs, teamId, blobId: randomBytes(16).toString('hex') });
  return { day, team, key };
}

/** What every blob store does. `open` gives an empty one, and how to be rid of it. */
export function blobStoreContract(
  name: string,
  open: () => Promise<{ store: BlobStore; close: () => Promise<void> }>,
): void {
  let store: BlobStore;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(async () => {
    await store.close();
    await close();
  });

  describe(`${name}:`, () => {
    test('has no days while it is empty', async () => {
      expect(await store.days()).toEqual([]);
    });

    test.each([0, 1, 300_000, 8 * 1024 * 1024])('gives back %i bytes, whole and as a stream', async (sizeBytes) => {
      const { team, key: keyOf } = freshDay();
      const key = keyOf(team());
      const body = randomBytes(sizeBytes);
      await store.put(key, body);
      expect((await store.get(key))?.equals(body)).toBe(true);
      const opened = await store.open(key);
      expect(opened?.sizeBytes).toBe(sizeBytes);
      expect(opened !== null && (await buffer(opened.stream)).equals(body)).toBe(true);
    });

    test('takes the same bytes under the same key again, one after the other and at once', async () => {
      const { team, key: keyOf } = freshDay();
      const key = keyOf(team());
      const body = randomBytes(50_000);
      await store.put(key, body);
      await store.put(key, body);
      await Promise.all([store.put(key, body), store.put(key, body), store.put(key, body)]);
      expect((await store.get(key))?.equals(body)).toBe(true);
    });

    test('keeps blobs that are put at the same time apart', async () => {
      const { day, team, key: keyOf } = freshDay();
      const teams = [team(), team(), team()];
      const blobs = Array.from({ length: 40 }, (_, index) => ({
        key: keyOf(teams[index % 3] ?? ''),
        body: randomBytes(10_000 + index),
      }));
      await Promise.all(blobs.map(({ key, body }) => store.put(key, body)));
      const read = await Promise.all(blobs.map(({ key }) => store.get(key)));
      const hash = (body: Buffer | null | undefined) => body && createHash('sha256').update(body).digest('hex');
      expect(read.map(hash)).toEqual(blobs.map(({ body }) => hash(body)));
      expect(await store.days()).toContain(day);
    });

    test('has nothing under a key that was never put, nor beside one that was', async () => {
      const { team, key: keyOf } = freshDay();
      const teamId = team();
      expect(await store.get(keyOf(teamId))).toBeNull();
      expect(await store.open(keyOf(teamId))).toBeNull();
      await store.put(keyOf(teamId), Buffer.from('a'));
      expect(await store.get(keyOf(teamId))).toBeNull();
      expect(await store.get(keyOf(team()))).toBeNull();
    });

    test('gives up a stream that nobody reads to its end', async () => {
      const { team, key: keyOf } = freshDay();
      const key = keyOf(team());
      await store.put(key, randomBytes(2_000_000));
      const opened = await store.open(key);
      opened?.stream.destroy();
      expect((await store.get(key))?.length).toBe(2_000_000);
    });

    test('removes one team of a day, and then the day', async () => {
      const { day, team, key: keyOf } = freshDay();
      const [mine, other] = [team(), team()];
      const keys = [keyOf(mine), keyOf(mine), keyOf(mine)];
      const kept = keyOf(other);
      for (const key of [...keys, kept]) await store.put(key, randomBytes(100));
      expect(await store.days()).toContain(day);

      await store.removeDay(day, mine);
      for (const key of keys) expect(await store.get(key)).toBeNull();
      expect((await store.get(kept))?.length).toBe(100);
      expect(await store.days()).toContain(day);

      await store.removeDay(day, other);
      expect(await store.get(kept)).toBeNull();
      expect(await store.days()).not.toContain(day);
    });

    test('removes a whole day and leaves its neighbours; once more does no harm', async () => {
      const [before, gone, after] = [freshDay(), freshDay(), freshDay()];
      const [keyBefore, keyAfter] = [before.key(before.team()), after.key(after.team())];
      const keys = Array.from({ length: 12 }, () => gone.key(gone.team()));
      for (const key of [keyBefore, ...keys, keyAfter]) await store.put(key, Buffer.from(key));
      const days = await store.days();
      expect(days).toEqual(days.toSorted());
      expect(days).toEqual(expect.arrayContaining([before.day, gone.day, after.day]));

      await store.removeDay(gone.day);
      await store.removeDay(gone.day);
      for (const key of keys) expect(await store.get(key)).toBeNull();
      expect(await store.days()).not.toContain(gone.day);
      expect(String(await store.get(keyBefore))).toBe(keyBefore);
      expect(String(await store.get(keyAfter))).toBe(keyAfter);
    });

    test('takes blobs for a day that was removed', async () => {
      const { day, team, key: keyOf } = freshDay();
      const key = keyOf(team());
      await store.put(key, Buffer.from('a'));
      await store.removeDay(day);
      await store.put(key, Buffer.from('b'));
      expect(String(await store.get(key))).toBe('b');
    });

    test('removes a day while blobs are put into it, and loses none that came later', async () => {
      const { day, team, key: keyOf } = freshDay();
      const teamId = team();
      const puts = Array.from({ length: 30 }, () => store.put(keyOf(teamId), randomBytes(1000)));
      await Promise.all([...puts, store.removeDay(day), store.removeDay(day, teamId)]);
      const late = keyOf(teamId);
      await store.put(late, Buffer.from('late'));
      expect(String(await store.get(late))).toBe('late');
    });

    test.each([
      '',
      'a',
      '20260101',
      '../../etc/passwd',
      '20260101/../../../etc/passwd',
      '20260101/team_01h455vb4pex5vsknk084sn02q/..',
      '20260101/team_01h455vb4pex5vsknk084sn02q/.hidden',
      '20260101/team_01h455vb4pex5vsknk084sn02q/a/b',
      '20260101/team_01h455vb4pex5vsknk084sn02q/a%2fb',
      '20260101/team_01h455vb4pex5vsknk084sn02q/a\0',
      '20260101/team_01h455vb4pex5vsknk084sn02q/',
      '20260231/team_01h455vb4pex5vsknk084sn02q/a',
      '/20260101/team_01h455vb4pex5vsknk084sn02q/a',
      '20260101//a',
    ])('refuses the key %j', async (key) => {
      const refused = { name: 'BlobStoreError', full: false };
      await expect(store.put(key, Buffer.from('a'))).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.open(key)).rejects.toMatchObject(refused);
    });

    test('removes nothing for what is no day or no team', async () => {
      const { day, team, key: keyOf } = freshDay();
      const key = keyOf(team());
      await store.put(key, Buffer.from('a'));
      for (const [wrongDay, wrongTeam] of [
        ['..'],
        ['', ''],
        [day.slice(0, 6)],
        [day, ''],
        [day, '..'],
        [day, 'team_'],
      ]) {
        await expect(store.removeDay(wrongDay ?? '', wrongTeam)).rejects.toBeInstanceOf(BlobStoreError);
      }
      expect(String(await store.get(key))).toBe('a');
    });

    test('says that it works, and leaves nothing behind by saying so', async () => {
      const before = await store.days();
      await store.check();
      expect(await store.days()).toEqual(before);
    });
  });
}
