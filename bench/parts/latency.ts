import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median, milliseconds } from '../rig/figures.ts';
import { type Latency, probeLatency, receiverPort } from '../rig/latency.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import { freePort, startProcess } from '../rig/processes.ts';
import type { Rig } from './throughput.ts';

const ratePerSecond = 1_000;

async function probe(rig: Rig, postUrl: string, key: string, port: number): Promise<Latency> {
  return probeLatency({
    postUrl,
    key,
    types: ['bench.event'],
    ratePerSecond,
    seconds: Math.min(rig.seconds, 15),
    warmupSeconds: 3,
    receiverPort: port,
  });
}

async function ofPosthorn(rig: Rig): Promise<Latency> {
  const port = await receiverPort();
  const posthorn = await startPosthorn(await rig.database.create('bench_posthorn'));
  const team = await posthorn.makeTeam({
    types: ['bench.event'],
    endpoints: [{ url: `http://127.0.0.1:${port}/hook`, concurrency: 64 }],
  });
  const latency = await probe(rig, team.eventsUrl, team.key, port);
  await posthorn.stop();
  return latency;
}

async function ofBare(rig: Rig): Promise<Latency> {
  const [port, barePort] = [await receiverPort(), await freePort()];
  const bare = await startProcess({
    command: process.execPath,
    args: ['bench/rivals/bare-pipeline.ts'],
    env: {
      PORT: String(barePort),
      DATABASE_URL: await rig.database.create('bench_bare'),
      RECEIVER_URL: `http://127.0.0.1:${port}/hook`,
    },
    ready: 'ready',
  });
  const latency = await probe(rig, `http://127.0.0.1:${barePort}/`, 'none', port);
  await bare.stop();
  return latency;
}

async function ofBullmq(rig: Rig): Promise<Latency> {
  const [port, recipePort, redisPort] = [await receiverPort(), await freePort(), await freePort()];
  const redis = await startProcess({
    command: 'redis-server',
    args: [
      '--port',
      String(redisPort),
      '--bind',
      '127.0.0.1',
      '--dir',
      mkdtempSync(join(tmpdir(), 'posthorn-bench-redis-')),
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      '--save',
      '',
    ],
    ready: 'Ready to accept connections',
  });
  const recipe = await startProcess({
    command: process.execPath,
    args: ['bench/rivals/bullmq-recipe.ts'],
    env: { PORT: String(recipePort), REDIS_PORT: String(redisPort), RECEIVER_URL: `http://127.0.0.1:${port}/hook` },
    ready: 'ready',
  });
  const latency = await probe(rig, `http://127.0.0.1:${recipePort}/`, 'none', port);
  await recipe.stop();
  await redis.stop();
  return latency;
}

/** (g) From the post to its arrival at the receiver, at 1,000 events a second. */
export async function measureLatency(rig: Rig): Promise<Figure[]> {
  const contestants = [
    { name: 'Posthorn', run: ofPosthorn },
    { name: 'bare pipeline', run: ofBare },
    { name: 'BullMQ recipe', run: ofBullmq },
  ];
  const results = new Map<string, Latency[]>(contestants.map(({ name }) => [name, []]));
  for (let run = 1; run <= rig.runs; run += 1) {
    for (const { name, run: measure } of contestants) {
      rig.progress(`(g) latency of ${name}, run ${run} of ${rig.runs}`);
      const latency = await measure(rig);
      if (latency.failed > 0) throw new Error(`${latency.failed} posts to ${name} failed`);
      results.get(name)?.push(latency);
    }
  }
  return contestants.map(({ name }) => {
    const of = results.get(name) as Latency[];
    const at = (read: (latency: Latency) => number) => milliseconds(median(of.map(read)));
    return {
      part: 'g',
      what: `post to arrival at ${ratePerSecond.toLocaleString('en-US')}/s: ${name}`,
      value: `p50 ${at((one) => one.p50Ms)}, p95 ${at((one) => one.p95Ms)}, p99 ${at((one) => one.p99Ms)}`,
      promise: '',
      holds: null,
      raw: of,
    };
  });
}
