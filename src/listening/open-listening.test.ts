import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHistory, type History } from '../../tests/support/history.ts';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createTestDatabase, type TestDatabase } from '../../tests/support/test-database.ts';
import { until } from '../../tests/support/until.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { EventDraft } from '../events/event-draft.ts';
import { createFeedWaitingRoom } from '../feed/feed-waiting-room.ts';
import { findHorizon } from '../feed/find-horizon.ts';
import { uuidFromId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { createListeners, type Listeners } from './listeners.ts';
import type { ListeningLine } from './listening-line.ts';
import type { PublishedEvent } from './listening-scope.rules.ts';
import { openListening } from './open-listening.ts';

let database: TestDatabase;
let history: History;
let listeners: Listeners;
let ended: AbortController;
const minuteMs = 60_000;
const realTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
});
beforeEach(async () => {
  history = await createHistory(database.pool);
  listeners = createListeners();
  ended = new AbortController();
});
afterEach(() => ended.abort());
afterAll(() => database.drop());

type Options = {
  source?: string;
  endpoint?: string;
  eventTypes?: string[];
  after?: string;
  sinceMs?: number;
  timers?: Timers;
  stillAllowed?: () => Promise<Problem | null>;
};

function open(options: Options = {}): Promise<AsyncGenerator<ListeningLine>> {
  const timers = options.timers ?? realTimers;
  const failLoudly = (error: unknown): void => {
    throw error;
  };
  return openListening(
    {
      database: database.pool,
      clock: { now: () => Date.now() },
      waitingRoom: createFeedWaitingRoom({ database: database.pool, timers, onError: failLoudly }),
      timers,
      bodyUrl: ({ eventId }) => `https://posthorn.example/bodies/${eventId}`,
      listeners,
    },
    {
      scope: {
        teamId: history.teamId,
        sourceId: options.source ?? null,
        endpointId: options.endpoint ?? null,
        eventTypes: options.eventTypes ?? null,
      },
      after: options.after,
      sinceMs: options.sinceMs,
      signal: ended.signal,
      onStop: () => undefined,
      stillAllowed: options.stillAllowed ?? (() => Promise.resolve(null)),
    },
  );
}

/** Takes the lines as they come. */
async function listen(options: Options = {}) {
  const lines: ListeningLine[] = [];
  const generator = await open(options);
  const done = (async () => {
    for await (const line of generator) lines.push(line);
  })();
  const ids = (): string[] => lines.flatMap((line) => (line.kind === 'event' ? [line.id] : []));
  const cursor = (): string => lines.findLast((line) => line.kind === 'position')?.cursor ?? '';
  await until('the first line', () => lines.length > 0);
  return { lines, ids, cursor, done };
}

/** As the accept path would tell of an event that is in the database. */
function publish(id: string, more: { body?: Buffer; endpoints?: string[]; blobBytes?: number } = {}): void {
  const { body = Buffer.from('{"a":1}'), endpoints = [], blobBytes } = more;
  const draft: EventDraft = {
    teamId: history.teamId,
    type: 'a.happened',
    contentType: 'application/json',
    body,
    blob: blobBytes === undefined ? null : { key: 'k', sizeBytes: blobBytes },
    payload: {},
    origin: null,
    idempotencyKey: null,
    keySeconds: 1,
    requestHash: null,
    orderingKey: null,
    occurredAtMs: null,
    onlyEndpointId: null,
  };
  const event: PublishedEvent = { id, draft, deliveries: endpoints.map((endpointId) => ({ endpointId })) };
  listeners.publish(event);
}

async function events(count: number, more: { atMs?: number; type?: string } = {}): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; n < count; n += 1) made.push(await history.event(more));
  return made;
}

async function cameFrom(eventId: string, sourceId: string): Promise<void> {
  const values = [uuidFromId(history.teamId), uuidFromId(eventId), uuidFromId(sourceId)];
  await database.pool.query('UPDATE event SET source_id = $3, coverage = 2 WHERE team_id = $1 AND id = $2', values);
}

async function source(): Promise<string> {
  const id = history.id('src');
  await database.pool.query("INSERT INTO source (team_id, id, provider, name) VALUES ($1, $2, 'generic', 'A source')", [
    uuidFromId(history.teamId),
    uuidFromId(id),
  ]);
  return id;
}

describe('a listener', () => {
  test('hears at once of what this node accepted, and not again when the horizon has passed it', async () => {
    const listener = await listen();
    const [id = ''] = await events(1);
    publish(id);
    await until('the event', () => listener.ids().includes(id));
    // It was told before anybody could have read it behind the horizon.
    expect(listener.cursor() < id).toBe(true);
    await until('the horizon to pass it', () => listener.cursor() > id);
    expect(listener.ids()).toEqual([id]);
  });

  test('hears of what other nodes accepted when the horizon has passed it', async () => {
    const listener = await listen();
    const made = await events(3);
    await until('the events', () => listener.ids().length === 3);
    expect(listener.ids()).toEqual(made);
    expect(listener.cursor() > (made[2] ?? '')).toBe(true);
    // A node that stood still for seconds tells of it when it is known already.
    publish(made[0] ?? '');
    const [next = ''] = await events(1);
    publish(next);
    await until('the next event', () => listener.ids().includes(next));
    expect(listener.ids()).toEqual([...made, next]);
  });

  test('begins now, or where it is told to', async () => {
    const [old = ''] = await events(1, { atMs: Date.now() - 2 * minuteMs });
    const [younger = ''] = await events(1, { atMs: Date.now() - minuteMs });
    const now = await listen();
    const since = await listen({ sinceMs: Date.now() - 1.5 * minuteMs });
    const all = await listen({ sinceMs: 0 });
    await until('all events', () => all.ids().length === 2);
    expect(all.ids()).toEqual([old, younger]);
    expect(since.ids()).toEqual([younger]);
    expect(now.ids()).toEqual([]);
  });

  test('takes up after a position: nothing is missed, nothing from before it comes again', async () => {
    const before = await events(5, { atMs: Date.now() - minuteMs });
    const first = await listen({ sinceMs: 0 });
    await until('the horizon', () => first.cursor() > (before[4] ?? ''));
    ended.abort();
    await first.done;
    ended = new AbortController();
    const meanwhile = await events(5);
    const second = await listen({ after: first.cursor() });
    await until('the others', () => second.ids().length === 5);
    expect(second.ids()).toEqual(meanwhile);
  });

  test('gets more than a page whole and in order, and hears meanwhile of what comes', async () => {
    const made = await events(230, { atMs: Date.now() - minuteMs });
    // Without timers nothing but the pages themselves asks for the next one.
    const generator = await open({ sinceMs: 0, timers: createManualTimers() });
    const told: string[] = [];
    const [fresh = ''] = await events(1);
    publish(fresh);
    for await (const line of generator) {
      if (line.kind === 'event') told.push(line.id);
      if (told.length === 231) break;
    }
    expect(told.indexOf(fresh)).toBeLessThan(110);
    expect(told.filter((id) => id !== fresh)).toEqual(made);
  });

  test('that took nothing for long gets everything once it does: what did not fit comes from the database', async () => {
    const generator = await open();
    await generator.next();
    const made = await events(300);
    for (const id of made) publish(id);
    const told: string[] = [];
    for await (const line of generator) {
      if (line.kind === 'event') told.push(line.id);
      if (line.kind === 'position' && line.cursor > (made.at(-1) ?? '')) break;
    }
    expect(told.toSorted()).toEqual(made);
  });

  test('gets bodies of any kind, and large ones by their URL, from memory and from the database alike', async () => {
    const binary = Buffer.from([0xff, 0xfe, 0]);
    const large = Buffer.alloc(256 * 1024 + 1, 'x');
    const listener = await listen();
    const expected: object[] = [];
    for (const body of [binary, large, Buffer.from('grüß')]) {
      for (const atOnce of [true, false]) {
        const id = await history.event({ body });
        if (atOnce) publish(id, { body });
        expected.push({
          id,
          body:
            body === large
              ? { encoding: 'url', content: `https://posthorn.example/bodies/${id}`, sizeBytes: large.length }
              : body === binary
                ? { encoding: 'base64', content: '//4A', sizeBytes: 3 }
                : { encoding: 'utf-8', content: 'grüß', sizeBytes: 6 },
        });
      }
    }
    const blob = await history.event({ body: '' });
    publish(blob, { body: Buffer.alloc(0), blobBytes: 9 });
    expected.push({
      id: blob,
      body: { encoding: 'url', content: `https://posthorn.example/bodies/${blob}`, sizeBytes: 9 },
    });
    await until('the events', () => listener.ids().length === 7);
    const bodies = listener.lines.flatMap((line) => (line.kind === 'event' ? [{ id: line.id, body: line.body }] : []));
    expect(bodies.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(expected);
  });
});

describe('a listener with a scope', () => {
  test('hears of its source and its types alone', async () => {
    const [one, other] = [await source(), await source()];
    const atMs = Date.now() - minuteMs;
    const [fromApi = '', fromOne = '', fromOther = ''] = await events(3, { atMs });
    const [typed = ''] = await events(1, { atMs, type: 'b.happened' });
    await cameFrom(fromOne, one);
    await cameFrom(fromOther, other);
    await cameFrom(typed, one);
    const all = await listen({ sinceMs: 0 });
    const ofSource = await listen({ sinceMs: 0, source: one });
    const ofType = await listen({ sinceMs: 0, eventTypes: ['b.*'] });
    const ofBoth = await listen({ sinceMs: 0, source: one, eventTypes: ['a.happened'] });
    for (const each of [all, ofSource, ofType, ofBoth]) await until('the horizon', () => each.cursor() > typed);
    expect(all.ids()).toEqual([fromApi, fromOne, fromOther, typed]);
    expect(ofSource.ids()).toEqual([fromOne, typed]);
    expect(ofType.ids()).toEqual([typed]);
    expect(ofBoth.ids()).toEqual([fromOne]);
    const [, line] = ofBoth.lines;
    expect(line).toMatchObject({ sourceId: one, coverage: 'sender' });
  });

  test('hears of the events that have a delivery for its endpoint, at once and behind the horizon', async () => {
    const [mine, other] = [await history.endpoint(), await history.endpoint()];
    const atMs = Date.now() - minuteMs;
    const old: string[] = [];
    for (let n = 0; n < 130; n += 1) {
      const eventId = await history.event({ atMs: atMs + n });
      old.push(eventId);
      for (const endpointId of n % 2 === 0 ? [mine, other] : [other]) {
        await history.delivery({ endpointId, eventId, atMs: atMs + n, state: 'succeeded' });
      }
    }
    await history.event({ atMs: atMs + 500 });
    const wanted = old.filter((_id, index) => index % 2 === 0);
    const listener = await listen({ endpoint: mine, sinceMs: 0 });
    await until('the old ones', () => listener.ids().length === wanted.length);
    expect(listener.ids()).toEqual(wanted);

    const [atOnce, later, foreign] = (await events(3)) as [string, string, string];
    await history.delivery({ endpointId: mine, eventId: atOnce, state: 'succeeded' });
    await history.delivery({ endpointId: mine, eventId: later, state: 'succeeded' });
    await history.delivery({ endpointId: other, eventId: foreign, state: 'succeeded' });
    publish(atOnce, { endpoints: [mine] });
    publish(foreign, { endpoints: [other] });
    await until('the later one', () => listener.ids().includes(later));
    await until('the horizon', () => listener.cursor() > foreign);
    expect(listener.ids()).toEqual([...wanted, atOnce, later]);
  });

  test('gets an event whose delivery was made a moment later, when a look fell between the two', async () => {
    const timers = createManualTimers();
    const endpointId = await history.endpoint();
    const listener = await listen({ endpoint: endpointId, timers });
    const eventId = await history.event();
    const deliveryId = await history.delivery({ endpointId, eventId, atMs: Date.now() + 900, state: 'succeeded' });
    const horizonPasses = (id: string): Promise<unknown> =>
      until('the horizon', async () => (await findHorizon(database.pool)).slice(-26) > id.slice(-26));
    const look = async (): Promise<void> => {
      await until('the room to wait', () => timers.waiting.some((ms) => ms <= 1_000));
      timers.advance(1_000);
    };
    await horizonPasses(eventId);
    await look();
    await until('a position between the two', () => listener.cursor() > eventId);
    expect(listener.cursor().slice(-26) < deliveryId.slice(-26)).toBe(true);
    await horizonPasses(deliveryId);
    await look();
    await until('the event, long before a ping', () => listener.ids().length > 0);
    expect(listener.ids()).toEqual([eventId]);
  });

  test('is refused when its source or endpoint is not the team’s, or the cursor cannot be one', async () => {
    const deleted = await history.endpoint({ deleted: true });
    for (const scope of [
      { source: 'src_1' },
      { source: history.id('src') },
      { endpoint: deleted },
      { endpoint: 'x' },
    ]) {
      await expect(open(scope)).rejects.toMatchObject({ code: 'not_found' });
    }
    for (const after of ['x', history.id('dlv'), history.id('evt', Date.now() + minuteMs)]) {
      await expect(open({ after })).rejects.toMatchObject({ code: 'invalid_cursor' });
    }
  });
});

describe('listening ends', () => {
  test('with a last line when the node stops', async () => {
    const listener = await listen();
    listeners.stop();
    await listener.done;
    expect(listener.lines.at(-1)).toMatchObject({ kind: 'end', code: 'shutting_down' });
  });

  test('at the ping after the caller may not any more; pings come every 15 seconds until then', async () => {
    const timers = createManualTimers();
    let problem: Problem | null = null;
    const listener = await listen({ timers, stillAllowed: () => Promise.resolve(problem) });
    const pings = (): number => listener.lines.filter(({ kind }) => kind === 'ping').length;
    for (const count of [1, 2]) {
      await until('the timer of the ping', () => timers.waiting.some((ms) => ms > 14_000));
      timers.advance(14_999);
      timers.advance(1);
      await until('a ping', () => pings() === count);
    }
    problem = new Problem('unauthorized', 'This API key is not known, has expired or was revoked.');
    await until('the timer of the ping', () => timers.waiting.some((ms) => ms > 14_000));
    timers.advance(15_000);
    await listener.done;
    expect(pings()).toBe(2);
    expect(listener.lines.at(-1)).toEqual({ kind: 'end', code: 'unauthorized', detail: problem.message });
  });

  test('when the client goes, and leaves nothing behind', async () => {
    const timers = createManualTimers();
    const listener = await listen({ timers });
    ended.abort();
    await listener.done;
    // What is left is the waiting room's own look, which finds nobody.
    expect(timers.waiting).toHaveLength(1);
    timers.advance(1_000);
    await until('no look to follow', () => timers.waiting.length === 0);
    expect(listener.lines.every(({ kind }) => kind === 'position')).toBe(true);
    // A client that is gone before the first line is taken holds no place either.
    listeners = createListeners({ most: 1 });
    await open();
    ended = new AbortController();
    await open();
    await expect(open()).rejects.toMatchObject({ code: 'overloaded' });
  });
});
