import { Webhook } from 'standardwebhooks';
import { beforeEach, expect, test } from 'vitest';
import { createMemoryAcceptStore } from '../../tests/simulation/memory-accept-store.ts';
import { MemoryDatabase } from '../../tests/simulation/memory-database.ts';
import { createMemoryDeliveryStore } from '../../tests/simulation/memory-delivery-store.ts';
import { VirtualTime } from '../../tests/simulation/virtual-time.ts';
import { aDraft } from '../../tests/receiving/acceptor-stand.ts';
import { anEndpoint, answered } from '../../tests/support/delivery-parts.ts';
import { BlobStoreError } from '../blobs/blob-store.ts';
import type { ExchangeResult } from '../egress/exchange-result.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import { createEventAcceptor, type EventAcceptor } from '../events/event-acceptor.ts';
import { createIdSource } from '../ids/id-source.ts';
import { DeliveryEngine } from './engine.ts';
import { createLargeBodies } from './large-bodies.ts';
import { prepareRequests } from './request-preparation.ts';

type Sent = { endpointId: string; headers: Record<string, string>; body: string; answer(result: ExchangeResult): void };

const MB = 1024 * 1024;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let time: VirtualTime;
let database: MemoryDatabase;
let blobs: Map<string, Buffer>;
let blobsAway: boolean;
let loads: number;
let endpoints: EndpointConfig[];
let sent: Sent[];
let answering: ((request: Sent) => ExchangeResult | null) | null;
let nodes: { engine: DeliveryEngine; acceptor: EventAcceptor; loseDatabase: (lost: boolean) => void }[];
let teamId: string;

beforeEach(() => {
  time = new VirtualTime(Date.UTC(2026, 7, 3));
  database = new MemoryDatabase(() => time.nowMs);
  teamId = createIdSource({ now: () => time.nowMs }).next('team');
  database.teams.set(teamId, { version: 1, deleted: false });
  [blobs, blobsAway, loads, sent, nodes] = [new Map(), false, 0, [], []];
  endpoints = [];
  answering = () => answered(200);
});

/** A node over the shared database, blob store and network. */
function aNode() {
  const ids = createIdSource({ now: () => time.nowMs });
  let isLost = false;
  const guarded = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get:
        (target, name) =>
        (...args: unknown[]) =>
          isLost
            ? Promise.reject(new Error('Connection terminated'))
            : (target[name as keyof Store] as (...given: unknown[]) => unknown)(...args),
    });
  const clock = { now: () => time.nowMs };
  const engine = new DeliveryEngine({
    store: guarded(createMemoryDeliveryStore(database)),
    transport: {
      open: (endpoint) => ({
        recordedHead: '',
        close: () => Promise.resolve(),
        post(flat, body, _timeoutMs, done) {
          const headers: Record<string, string> = {};
          for (let at = 0; at < flat.length; at += 2) headers[flat[at] as string] = flat[at + 1] as string;
          const request = { endpointId: endpoint.id, headers, body: body.toString(), answer: done };
          sent.push(request);
          const result = answering?.(request) ?? null;
          if (result !== null) time.soon(() => done(result));
        },
      }),
    },
    bodies: createLargeBodies({
      blobs: {
        get(key) {
          loads += 1;
          return blobsAway ? Promise.reject(new BlobStoreError('away')) : Promise.resolve(blobs.get(key) ?? null);
        },
      },
      timers: time,
      onError: () => undefined,
    }),
    clock,
    monotonicMs: () => time.nowMs,
    timers: time,
    ids,
    random: () => 0,
    nodeName: 'a node',
    exclusive: false,
    endpoint: (_teamId, id) => endpoints.find((endpoint) => endpoint.id === id) ?? null,
    prepareFor: (endpoint) => prepareRequests(endpoint, ({ eventId }) => `https://posthorn.test/bodies/${eventId}`),
    alignClock: () => undefined,
    events: {
      onAttempt: () => undefined,
      onDead: () => undefined,
      onGone: () => undefined,
      onBreakerOpened: () => undefined,
      onTakenOver: () => undefined,
      onFenced: () => undefined,
      onError: () => undefined,
    },
  });
  const acceptor = createEventAcceptor({
    store: guarded(createMemoryAcceptStore(database)),
    admission: engine,
    ids,
    clock,
    subscriptions: () => ({
      version: 1,
      subscribers: () => endpoints,
      endpoints: new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])),
    }),
    refresh: () => Promise.resolve(),
    alignClock: () => undefined,
    makePartitions: () => Promise.resolve(),
    onError: () => undefined,
    defer: (run) => time.soon(run),
  });
  const node = {
    engine,
    acceptor,
    loseDatabase: (lost: boolean) => {
      isLost = lost;
    },
  };
  nodes.push(node);
  engine.start();
  return node;
}

function endpoint(more: Partial<EndpointConfig> = {}): EndpointConfig {
  const made = anEndpoint({
    teamId,
    id: createIdSource({ now: () => time.nowMs }).next('ep'),
    secrets: [secret],
    ...more,
  });
  endpoints.push(made);
  return made;
}

/** Accepts an event whose body is in the blob store. */
async function post(
  { acceptor }: ReturnType<typeof aNode>,
  content: string,
  sizeBytes = content.length,
): Promise<string> {
  const key = `20260803/${teamId}/${blobs.size}`;
  blobs.set(key, Buffer.from(content));
  const blob = { key, sizeBytes };
  const accepted = acceptor.accept(aDraft(key, { teamId, blob, body: Buffer.alloc(0), payload: undefined }));
  await time.run(time.nowMs + 10);
  return (await accepted).id;
}
const passes = (ms: number): Promise<boolean> => time.run(time.nowMs + ms);
const states = () => [...database.deliveries.values()].map(({ state, attempts }) => `${state} ${attempts}`);

test('a body in the blob store is sent whole and signed over its bytes, and takes no memory of the engine', async () => {
  endpoint();
  const node = aNode();
  await passes(100);
  await post(node, '{"large":"é"}');
  await passes(100);
  expect(sent.map(({ body }) => body)).toEqual(['{"large":"é"}']);
  const { headers = {}, body = '' } = sent[0] ?? {};
  const signedAt = new Date(Number(headers['webhook-timestamp']) * 1000);
  expect(headers['webhook-signature']).toBe(new Webhook(secret).sign(headers['webhook-id'] ?? '', signedAt, body));
  expect(node.engine.state()).toMatchObject({ bytes: 0, inFlight: 0, waiting: 0 });
  expect(states()).toEqual(['succeeded 1']);
});

test('an endpoint that takes less gets a reference, and the body is not even loaded', async () => {
  const takesAll = endpoint();
  const takesLess = endpoint({ largeBodies: { inlineMaxBytes: 10, referenceSeconds: 60 } });
  const node = aNode();
  await passes(100);
  const eventId = await post(node, '{"large":"body"}', 1_000_000);
  await passes(100);
  const bodyFor = ({ id }: EndpointConfig) => sent.find(({ endpointId }) => endpointId === id);
  expect(bodyFor(takesAll)?.body).toBe('{"large":"body"}');
  expect(bodyFor(takesAll)?.headers['posthorn-body']).toBeUndefined();
  expect(bodyFor(takesLess)?.headers).toMatchObject({
    'posthorn-body': 'reference',
    'content-type': 'application/json',
  });
  expect(JSON.parse(bodyFor(takesLess)?.body ?? '')).toMatchObject({
    type: 'a.type',
    data: { bodyUrl: `https://posthorn.test/bodies/${eventId}`, sizeBytes: 1_000_000, contentType: 'application/json' },
  });
  expect(loads).toBe(1);
});

test('while the blob store is away small events go on, and the large one is sent when it is back: no attempt is burnt', async () => {
  endpoint({ concurrency: 4 });
  const node = aNode();
  await passes(100);
  blobsAway = true;
  await post(node, 'large');
  const small = node.acceptor.accept(aDraft('small', { teamId, body: Buffer.from('small') }));
  await passes(60_000);
  await small;
  expect(sent.map(({ body }) => body)).toEqual(['small']);
  blobsAway = false;
  await passes(20_000);
  expect(sent.map(({ body }) => body)).toEqual(['small', 'large']);
  expect(states()).toEqual(['succeeded 1', 'succeeded 1']);
});

test('a payload is read once, however many endpoints filter by it, and not at all when none does', async () => {
  endpoint();
  const node = aNode();
  await passes(100);
  let reads = 0;
  const key = `20260803/${teamId}/read`;
  blobs.set(key, Buffer.from('{"kind":"a"}'));
  const accept = (idempotencyKey: string) =>
    node.acceptor.accept({
      ...aDraft(idempotencyKey, { teamId, blob: { key, sizeBytes: 12 }, body: Buffer.alloc(0) }),
      get payload() {
        reads += 1;
        return { kind: 'a' };
      },
    });
  const unfiltered = accept('unfiltered');
  await passes(100);
  expect([(await unfiltered).deliveries, reads]).toEqual([1, 0]);
  for (const kind of ['a', 'b', 'a']) endpoint({ filter: (payload) => (payload as { kind: string }).kind === kind });
  const filtered = accept('filtered');
  await passes(100);
  expect([(await filtered).deliveries, reads]).toEqual([3, 1]);
});

test('a delivery survives a blob store that is away for hours, though its schedule has no retry left', async () => {
  endpoint({ retry: { scheduleSeconds: [], timeoutMs: 1_000 } });
  const node = aNode();
  await passes(100);
  blobsAway = true;
  await post(node, 'large');
  await passes(3 * 3_600_000);
  expect(sent).toEqual([]);
  expect([...database.deliveries.values()].map(({ state }) => state)).toEqual(['pending']);
  blobsAway = false;
  await passes(60_000);
  expect(sent.map(({ body }) => body)).toEqual(['large']);
  expect([...database.deliveries.values()].map(({ state }) => state)).toEqual(['succeeded']);
});

test('a body that is gone is a failed attempt, retried like any other, and dead in the end', async () => {
  endpoint({ retry: { scheduleSeconds: [60], timeoutMs: 1_000 } });
  const node = aNode();
  await passes(100);
  const posting = post(node, 'gone');
  blobs.clear();
  await posting;
  await passes(120_000);
  expect(sent).toEqual([]);
  expect(states()).toEqual(['dead 2']);
  expect([...database.attempts.values()].map(({ error, status }) => [error, status])).toEqual([
    ['blocked', null],
    ['blocked', null],
  ]);
});

test('no more of them are in memory at once than there is room for, and all arrive', async () => {
  endpoint({ concurrency: 50 });
  endpoint({ concurrency: 50 });
  const node = aNode();
  await passes(100);
  answering = null;
  for (let count = 0; count < 12; count += 1) await post(node, `large ${count}`, 10 * MB);
  await passes(2_000);
  let answeredCount = 0;
  while (answeredCount < 24) {
    // 32 MiB an endpoint.
    expect(sent.length - answeredCount).toBeLessThanOrEqual(6);
    expect(sent.length).toBeGreaterThan(answeredCount);
    sent[answeredCount]?.answer(answered(200));
    answeredCount += 1;
    await passes(20);
  }
  expect(new Set(states())).toEqual(new Set(['succeeded 1']));
});

test('a node that lost its lease while it loaded sends nothing: the one that took over has sent it', async () => {
  endpoint();
  const [slow, other] = [aNode(), aNode()];
  await passes(100);
  blobsAway = true;
  await post(slow, 'large');
  await passes(1_000);
  slow.loseDatabase(true);
  // Longer than its lease: the other takes over and waits for the store too.
  await passes(120_000);
  slow.loseDatabase(false);
  await passes(60_000);
  expect(other.engine.state().joined && slow.engine.state().joined).toBe(true);
  blobsAway = false;
  await passes(60_000);
  expect(sent.map(({ body }) => body)).toEqual(['large']);
  expect(states()).toEqual(['succeeded 1']);
});

test('a stop gives back what has not been loaded yet', async () => {
  endpoint();
  const node = aNode();
  await passes(100);
  blobsAway = true;
  await post(node, 'large');
  await passes(1_000);
  let isStopped = false;
  void node.engine.stop(20_000).then(() => {
    isStopped = true;
  });
  blobsAway = false;
  await passes(16_000);
  expect(isStopped).toBe(true);
  expect(sent).toEqual([]);
  expect(states()).toEqual(['pending 0']);
  aNode();
  await passes(60_000);
  expect(sent.map(({ body }) => body)).toEqual(['large']);
});
