import { type Figure, median, milliseconds } from '../rig/figures.ts';
import { type Latency, probeLatency, receiverPort } from '../rig/latency.ts';
import { startPosthorn } from '../rig/posthorn.ts';
import { type Rival, startBarePipeline, startBullmqRecipe } from '../rig/rivals.ts';
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

async function ofRival(rig: Rig, start: (receiverUrl: string) => Promise<Rival>): Promise<Latency> {
  const port = await receiverPort();
  const rival = await start(`http://127.0.0.1:${port}/hook`);
  const latency = await probe(rig, rival.url, 'none', port);
  await rival.stop();
  return latency;
}

/** (g) From the post to its arrival at the receiver, at 1,000 events a second. */
export async function measureLatency(rig: Rig): Promise<Figure[]> {
  const contestants = [
    { name: 'Posthorn', run: () => ofPosthorn(rig) },
    { name: 'bare pipeline', run: () => ofRival(rig, (url) => startBarePipeline(rig.database, url)) },
    { name: 'BullMQ recipe', run: () => ofRival(rig, startBullmqRecipe) },
  ];
  const results = new Map<string, Latency[]>(contestants.map(({ name }) => [name, []]));
  for (let run = 1; run <= rig.runs; run += 1) {
    for (const { name, run: measure } of contestants) {
      rig.progress(`(g) latency of ${name}, run ${run} of ${rig.runs}`);
      const latency = await measure();
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
