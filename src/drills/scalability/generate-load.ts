import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../reliability/verdict.rules.ts';
import type { LoadKind, LoadPlan, LoadResult } from './load-plan.ts';

/** A process of its own: the gateway that plays the drill goes on with its work meanwhile. */
const receiverMs = 50;
const tickMs = 10;
const requestTimeoutMs = 30_000;
const ownEveryMs = 250;
const sliceCount = 10;

/** When what carries this number was accepted, and in which slice; when each copy of it came first. */
const accepted = new Map<string, { atMs: number; slice: number; tookMs: number }>();
const arrived = new Map<string, Map<string, number>>();
const counts = { sent: 0, failed: 0 };
let lastArrivalAtMs = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const path = request.url ?? '/';
    if (path.startsWith('/receiver/')) arrive(path, Buffer.concat(chunks).toString());
    setTimeout(() => response.writeHead(200).end('{}'), receiverMs);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
process.stdout.write(`${JSON.stringify({ port })}\n`);
// Whoever started it is gone when its input ends.
process.stdin.on('end', () => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line) as LoadPlan))}\n`);
}

function arrive(path: string, body: string): void {
  const key = /"drill": ?"([^"]+)"/.exec(body)?.[1];
  if (key === undefined) return;
  const copies = arrived.get(key) ?? new Map<string, number>();
  arrived.set(key, copies);
  if (copies.has(path)) return;
  lastArrivalAtMs = performance.now();
  copies.set(path, lastArrivalAtMs);
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const startedAtMs = performance.now();
  const own: number[] = [];
  const under: Promise<void>[] = [];
  const next: Record<LoadKind, number> = { events: 0, webhooks: 0, calls: 0 };
  let ownDueMs = 0;
  for (let atMs = 0; atMs < plan.lastsMs; atMs = performance.now() - startedAtMs) {
    const slice = Math.min(sliceCount - 1, Math.floor((atMs / plan.lastsMs) * sliceCount));
    for (const kind of ['events', 'webhooks', 'calls'] as const) {
      // As many as are due by now, whatever became of those before: who sends does not wait for the gateway.
      const due = Math.floor((atMs / 1000) * plan[kind].perSecond);
      for (; next[kind] < due; next[kind] += 1) under.push(send(plan, kind, next[kind], slice));
    }
    if (atMs >= ownDueMs) {
      ownDueMs += ownEveryMs;
      under.push(probe(own));
    }
    await delay(tickMs);
  }
  await Promise.all(under);
  const endedAtMs = performance.now();
  const isDrained = (): boolean => missingOf(plan.copies) === 0;
  while (!isDrained() && performance.now() - endedAtMs < plan.drainMs) await delay(50);
  return resultOf(plan.copies, own, isDrained() ? Math.max(0, Math.round(lastArrivalAtMs - endedAtMs)) : null);
}

async function send(plan: LoadPlan, kind: LoadKind, number: number, slice: number): Promise<void> {
  const drill = `${kind}-${number}`;
  const startedAtMs = performance.now();
  counts.sent += 1;
  try {
    const answer = await fetch(plan.gateway + plan[kind].path, {
      ...requestOf(plan, kind, drill),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    await answer.arrayBuffer();
    const atMs = performance.now();
    if (!answer.ok) counts.failed += 1;
    else if (kind !== 'calls') accepted.set(drill, { atMs, slice, tookMs: atMs - startedAtMs });
  } catch {
    counts.failed += 1;
  }
}

function requestOf(plan: LoadPlan, kind: LoadKind, drill: string): RequestInit {
  const json = { 'content-type': 'application/json' };
  switch (kind) {
    case 'events': {
      const headers = { ...json, authorization: `Bearer ${plan.events.key}` };
      return { method: 'POST', headers, body: JSON.stringify({ type: plan.events.type, payload: { drill } }) };
    }
    case 'webhooks': {
      const body = { event: 'DOCUMENT_SENT', payload: { id: drill, drill }, createdAt: new Date().toISOString() };
      return {
        method: 'POST',
        headers: { ...json, 'x-documenso-secret': plan.webhooks.secret },
        body: JSON.stringify(body),
      };
    }
    case 'calls':
      return { method: 'GET', headers: { 'posthorn-key': plan.calls.key } };
  }
}

async function probe(times: number[]): Promise<void> {
  const startedAtMs = performance.now();
  await fetch(`http://127.0.0.1:${port}/own`).then((answer) => answer.arrayBuffer());
  times.push(Math.max(0, performance.now() - startedAtMs - receiverMs));
}

function missingOf(copies: number): number {
  let missing = 0;
  for (const key of accepted.keys()) missing += copies - (arrived.get(key)?.size ?? 0);
  return missing;
}

function resultOf(copies: number, own: readonly number[], drainedAfterMs: number | null): LoadResult {
  const all = [...accepted].map(([key, { atMs, slice, tookMs }]) => {
    const first = Math.min(...(arrived.get(key)?.values() ?? []));
    return { slice, tookMs, attemptMs: Math.max(0, first - atMs) };
  });
  const took = (share: number, of = all): number =>
    Math.round(
      quantile(
        of.map(({ tookMs }) => tookMs),
        share,
      ),
    );
  // What never came has no attempt: it is counted as missing.
  const attempt = (share: number, of = all): number =>
    Math.round(quantile(of.map(({ attemptMs }) => attemptMs).filter(Number.isFinite), share));
  return {
    ...counts,
    accepted: all.length,
    expected: all.length * copies,
    missing: missingOf(copies),
    drainedAfterMs,
    acceptP50Ms: took(0.5),
    acceptP95Ms: took(0.95),
    acceptP99Ms: took(0.99),
    attemptP50Ms: attempt(0.5),
    attemptP95Ms: attempt(0.95),
    attemptP99Ms: attempt(0.99),
    ownP95Ms: Math.round(quantile(own, 0.95)),
    slices: Array.from({ length: sliceCount }, (_, index) => {
      const part = all.filter(({ slice }) => slice === index);
      return { acceptP95Ms: took(0.95, part), attemptP95Ms: attempt(0.95, part) };
    }),
  };
}
