/**
 * Calls several targets in turns, a second each, at a fixed rate: what each adds can be told apart although the machine
 * is never the same twice. Run by bench/rig/call-latency.ts; prints one JSON line. Its options are JSON in PROBE.
 */
import { Pool } from 'undici';
import type { CallProbeOptions } from './call-latency.ts';

const { targets, ratePerSecond, seconds, warmupSeconds } = JSON.parse(process.env.PROBE as string) as CallProbeOptions;
const turnMs = 1_000;
const startedAt = performance.now();
const measureFrom = startedAt + warmupSeconds * 1000;
const until = measureFrom + seconds * 1000;

const contestants = targets.map(({ url, key }) => {
  const { origin, pathname } = new URL(url);
  return {
    connections: new Pool(origin, { connections: 128 }),
    request: { path: pathname, method: 'GET' as const, headers: { authorization: `Bearer ${key}` } },
    latenciesMs: [] as number[],
    answered: 0,
    failed: 0,
  };
});

function call(contestant: (typeof contestants)[number]): void {
  const sentAt = performance.now();
  contestant.connections
    .request(contestant.request)
    .then(async (answer) => {
      await answer.body.dump();
      if (answer.statusCode === 200) contestant.answered += 1;
      else contestant.failed += 1;
      if (sentAt >= measureFrom) contestant.latenciesMs.push(performance.now() - sentAt);
    })
    .catch(() => {
      contestant.failed += 1;
    });
}

let sent = 0;
await new Promise<void>((resolve) => {
  const tick = setInterval(() => {
    const now = performance.now();
    if (now >= until) {
      clearInterval(tick);
      resolve();
      return;
    }
    const turn = Math.floor((now - startedAt) / turnMs) % contestants.length;
    for (const due = ((now - startedAt) / 1000) * ratePerSecond; sent < due; sent += 1) {
      call(contestants[turn] as (typeof contestants)[number]);
    }
  }, 1);
});
await Promise.all(contestants.map(({ connections }) => connections.close()));
const results = contestants.map(({ latenciesMs, answered, failed }) => {
  latenciesMs.sort((one, other) => one - other);
  const at = (share: number) =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))] ?? null;
  return { answered, failed, measured: latenciesMs.length, p50Ms: at(0.5), p99Ms: at(0.99) };
});
console.log(JSON.stringify(results));
