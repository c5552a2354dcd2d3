import { spawnSync } from 'node:child_process';
import { open, rm, statfs } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeTeam } from '../support/api.ts';
import { killDatabaseOf } from '../support/posthorn-process.ts';
import { until } from '../support/until.ts';
import { posthornForTest, receiverForTest } from './stand.ts';
import { allReceived, startLoad } from './steady-load.ts';

type Readiness = { checks: { name: string; ok: boolean; detail: string }[] };
const types = ['thing.made'];

function mountSmallDisk(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=640m,mode=0711', 'tmpfs', folder]).status === 0;
}

const canMount = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-mount-'));
  const mounted = mountSmallDisk(folder);
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted;
})();

/** Takes all the space that is left, and says how to give it back. */
async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const ballast = join(folder, 'ballast');
  const file = await open(ballast, 'w');
  const piece = Buffer.alloc(64 * 1024);
  const isFull = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOSPC';
  try {
    for (;;) await file.write(piece);
  } catch (error) {
    if (!isFull(error)) throw error;
  } finally {
    await file.close();
  }
  return () => rm(ballast);
}

describe('a full disk', () => {
  test.skipIf(!canMount)(
    'under load: refused with 503 and not acknowledged, nothing lost, and back by itself when there is space (needs to mount)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'posthorn-full-'));
      expect(mountSmallDisk(folder)).toBe(true);
      onTestFinished(async () => {
        await killDatabaseOf(join(folder, 'data'));
        spawnSync('umount', ['-l', folder]);
        rmSync(folder, { recursive: true, force: true });
      });
      const { posthorn, api } = await posthornForTest({ dataFolder: join(folder, 'data') });
      const receiver = await receiverForTest();
      const { teamId } = await makeTeam(api, { types, endpoints: [{ url: receiver.url('a'), eventTypes: types }] });
      const load = startLoad([api], teamId, 'thing.made', 4, 'x'.repeat(20_000));
      await until('events to be accepted', () => load.acknowledged.size > 50);

      const giveBack = await fillDisk(folder);
      await until('posts to be refused', () => load.refusals.length > 20, { deadlineMs: 60_000 });
      const { status, body } = await api.ask<Readiness>('GET', '/readyz');
      expect(status).toBe(503);
      expect(body.checks.find(({ name }) => name === 'disk')).toMatchObject({ ok: false });
      expect((await api.ask('GET', '/livez')).status).toBe(200);
      expect((await statfs(folder)).bavail).toBeLessThan(16);

      await giveBack();
      const before = load.acknowledged.size;
      await until('events to be accepted again', () => load.acknowledged.size > before + 50, { deadlineMs: 60_000 });
      await load.stop();
      await allReceived(receiver, 'a', load.acknowledged);
      await until('readiness', async () => (await api.ask('GET', '/readyz')).status === 200);
      expect(posthorn.running()).toBe(true);
      expect(load.unanswered).toBe(0);
      for (const refusal of load.refusals) {
        expect([refusal.status, refusal.headers.get('retry-after') === null]).toEqual([503, false]);
      }
    },
    180_000,
  );
});
