/**
 * Posts events at a fixed rate and receives them, in one process: the time from the post to its arrival at the
 * receiver, by one clock. Run by bench/run.ts; prints one JSON line.
 * Its options are JSON in PROBE.
 */
import http from 'node:http';
import { Pool } from 'undici';
import type { ProbeOptions } from './latency.ts';

const options = JSON.parse(process.env.PROBE as string) as ProbeOptions;
const latenciesMs: number[] = [];
let received = 0;
let failed = 0;
const startedAt = performance.now();
const measureFrom = startedAt + options.warmupSeconds * 1000;
const until = measureFrom + options.seconds * 1000;

const receiver = http.createServer((request, response) => {
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    if (request.url === options.hang) return;
    const sentAt = Number(/"sentAt":([\d.]+)/.exec(text)?.[1]);
    if (sentAt >= measureFrom) latenciesMs.push(performance.now() - sentAt);
    received += 1;
    response.end('ok');
  });
});
await new Promise<void>((resolve) => receiver.listen(options.receiverPort, '127.0.0.1', resolve));
console.log('ready');

const url = new URL(options.postUrl);
const posts = new Pool(url.origin, { connections: 128 });
const headers = { 'content-type': 'application/json', authorization: `Bearer ${options.key}` };
const padding = 'x'.repeat(880);
let sent = 0;
await new Promise<void>((resolve) => {
  const tick = setInterval(() => {
    const now = performance.now();
    if (now >= until) {
      clearInterval(tick);
      resolve();
      return;
    }
    const due = ((now - startedAt) / 1000) * options.ratePerSecond;
    for (; sent < due; sent += 1) {
      const type = options.types[sent % options.types.length];
      const body = `{"type":"${type}","payload":{"sentAt":${performance.now()},"padding":"${padding}"}}`;
      posts
        .request({ path: url.pathname, method: 'POST', headers, body })
        .then(async (answer) => {
          if (answer.statusCode !== 202) failed += 1;
          await answer.body.dump();
        })
        .catch(() => {
          failed += 1;
        });
    }
  }, 1);
});
await new Promise((resolve) => setTimeout(resolve, 1_000));
latenciesMs.sort((one, other) => one - other);
const at = (share: number) =>
  latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))] ?? null;
console.log(
  JSON.stringify({
    sent,
    received,
    failed,
    measured: latenciesMs.length,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
  }),
);
process.exit(0);
