import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RigDatabase } from './database.ts';
import { freePort, type RigProcess, startProcess } from './processes.ts';

/** A contestant that takes posts at `url` and sends them to the receiver it was started with. */
export type Rival = { url: string; stop(): Promise<void> };

/** The bare pipeline on a fresh database. */
export async function startBarePipeline(database: RigDatabase, receiverUrl: string): Promise<Rival> {
  const port = await freePort();
  const bare = await startProcess({
    command: process.execPath,
    args: ['bench/rivals/bare-pipeline.ts'],
    env: { PORT: String(port), DATABASE_URL: await database.create('bench_bare'), RECEIVER_URL: receiverUrl },
    ready: 'ready',
  });
  return { url: `http://127.0.0.1:${port}/`, stop: () => bare.stop() };
}

/** The BullMQ recipe with a Redis of its own. */
export async function startBullmqRecipe(receiverUrl: string): Promise<Rival> {
  const redisPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-bench-redis-'));
  const settings = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const redis = await startProcess({
    command: 'redis-server',
    args: ['--port', String(redisPort), '--bind', '127.0.0.1', ...settings],
    ready: 'Ready to accept connections',
  });
  const port = await freePort();
  const recipe = await startProcess({
    command: process.execPath,
    args: ['bench/rivals/bullmq-recipe.ts'],
    env: { PORT: String(port), REDIS_PORT: String(redisPort), RECEIVER_URL: receiverUrl },
    ready: 'ready',
  });
  return {
    url: `http://127.0.0.1:${port}/`,
    async stop() {
      await recipe.stop();
      await redis.stop();
    },
  };
}

/** The bare proxy in front of a provider. */
export async function startBareProxy(provider: { url: string; caFile: string }): Promise<RigProcess & { url: string }> {
  const port = await freePort();
  const bare = await startProcess({
    command: process.execPath,
    args: ['bench/rivals/bare-proxy.ts'],
    env: { PORT: String(port), UPSTREAM_URL: provider.url, CA_FILE: provider.caFile },
    ready: 'ready',
  });
  return { ...bare, url: `http://127.0.0.1:${port}` };
}
