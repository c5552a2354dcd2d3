import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPaint } from '../terminal/paint.rules.ts';
import { renderBanner } from './render-banner.ts';

async function bannerOf(databaseUrl: string | null, dataFolder: string): Promise<string> {
  const config = { databaseUrl, dataFolder, environment: 'development', operatorKey: null } as const;
  const running = { url: 'http://127.0.0.1:1', operatorKey: null };
  return (await renderBanner(config, running, createPaint(false))).join('\n');
}

test('the banner says where the database truly is, also where it had to be put', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-banner-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  expect(await bannerOf(null, folder)).toContain(`embedded, in ${join(folder, 'postgres')}\n`);
  const pointer = { folder: '/var/lib/posthorn/elsewhere', initialized: true };
  await writeFile(join(folder, 'postgres.location'), JSON.stringify(pointer));
  expect(await bannerOf(null, folder)).toContain('embedded, in /var/lib/posthorn/elsewhere/postgres\n');
  expect(await bannerOf('postgres://127.0.0.1/hooks', folder)).toContain('yours, from DATABASE_URL');
});
