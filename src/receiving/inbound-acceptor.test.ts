import { describe, expect, test } from 'vitest';
import { aDraft, acceptorOver, passed, passing } from '../../tests/receiving/acceptor-stand.ts';
import { copyOf, openForTest, temporaryFolder } from '../../tests/spool/spool-fixtures.ts';
import type { EventDraft } from '../events/event-draft.ts';

async function stand(options: Parameters<typeof openForTest>[1] = {}) {
  const folder = await temporaryFolder();
  const spool = await openForTest(folder, options);
  return { folder, spool, ...acceptorOver(spool) };
}

/** Spools as many requests, in their order. */
async function spoolMany({ acceptor }: Awaited<ReturnType<typeof stand>>, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `early-${index}`);
  // The first one finds out that the database is away.
  await acceptor.take(aDraft(keys[0] as string));
  await Promise.all(keys.slice(1).map((key) => acceptor.take(aDraft(key))));
  return keys;
}

const keysOf = (events: { draft: EventDraft }[]) => events.map(({ draft }) => draft.idempotencyKey);

describe('while the database answers', () => {
  test('an event goes there alone, and a duplicate is answered with the id of the first', async () => {
    const { acceptor, database, spool } = await stand();
    expect(await acceptor.take(aDraft('a'))).toEqual({ eventId: 'evt_0', duplicate: false });
    expect(await acceptor.take(aDraft('a'))).toEqual({ eventId: 'evt_0', duplicate: true });
    expect(spool.state().records).toBe(0);
    expect(database.events).toHaveLength(1);
  });

  test('an overloaded node refuses and spools nothing', async () => {
    const { acceptor, database, spool } = await stand();
    database.mode = 'overloaded';
    await expect(acceptor.take(aDraft('a'))).rejects.toMatchObject({ code: 'overloaded' });
    expect(spool.state().records).toBe(0);
    expect(acceptor.state().draining).toBe(false);
  });
});

describe('while it is away', () => {
  test('events are spooled, answered, and stored in their order once it is back', async () => {
    const at = await stand();
    const { acceptor, database, spool } = at;
    database.mode = 'down';
    for (const key of ['a', 'b', 'c', 'd']) {
      expect(await acceptor.take(aDraft(key))).toEqual({ eventId: null, duplicate: false });
    }
    expect(acceptor.state()).toMatchObject({ records: 4, draining: true });
    database.mode = 'up';
    await passing(at, () => !acceptor.state().draining);
    expect(keysOf(database.events)).toEqual(['a', 'b', 'c', 'd']);
    expect(spool.state().records).toBe(0);
    expect(await acceptor.take(aDraft('e'))).toEqual({ eventId: 'evt_4', duplicate: false });
    expect(at.seenAgain).toEqual([]);
  });

  test('duplicates of what is in the spool are counted, also those that come at once', async () => {
    const at = await stand();
    const { acceptor, database, spool } = at;
    database.mode = 'down';
    await acceptor.take(aDraft('before'));
    const answers = await Promise.all(Array.from({ length: 100 }, () => acceptor.take(aDraft('a'))));
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await acceptor.take(aDraft('a'))).toEqual({ eventId: null, duplicate: true });
    expect(spool.state().records).toBe(2);
    database.mode = 'up';
    await passing(at, () => !acceptor.state().draining);
    expect(at.seenAgain).toEqual([{ eventId: 'evt_1', count: 100 }]);
  });

  test('a duplicate of what was stored before the outage is counted when it comes out of the spool', async () => {
    const at = await stand();
    await at.acceptor.take(aDraft('a'));
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(at.seenAgain).toEqual([{ eventId: 'evt_0', count: 1 }]);
    expect(at.database.events).toHaveLength(1);
  });

  test('an accept whose answer was lost is spooled too, stored once, and no duplicate of itself', async () => {
    const at = await stand();
    at.database.mode = 'lost';
    expect(await at.acceptor.take(aDraft('a'))).toEqual({ eventId: null, duplicate: false });
    expect(at.database.events).toHaveLength(1);
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(at.database.events).toHaveLength(1);
    expect(at.seenAgain).toEqual([]);
  });

  test('an accept that takes too long is spooled, and whatever becomes of it changes nothing', async () => {
    for (const how of ['commit', 'fail'] as const) {
      const at = await stand();
      const { acceptor, database } = at;
      database.mode = 'hang';
      const [one, two] = [acceptor.take(aDraft('a')), acceptor.take(aDraft('b'))];
      await passing(at, () => database.hanging === 2);
      const sinceMs = at.timers.now();
      expect(await passed(at, one)).toEqual({ eventId: null, duplicate: false });
      const waitedMs = at.timers.now() - sinceMs;
      expect([waitedMs > 3_000, waitedMs < 5_000]).toEqual([true, true]);
      expect(await passed(at, two)).toEqual({ eventId: null, duplicate: false });
      // The drain hangs as well, behind what came before it.
      await passing(at, () => database.hanging === 3);
      database.mode = 'up';
      database.answer(how);
      await passing(at, () => !acceptor.state().draining);
      expect(keysOf(database.events)).toEqual(['a', 'b']);
      expect(at.seenAgain).toEqual([]);
    }
  });

  test('what an earlier process left is stored before anything new', async () => {
    const first = await stand();
    first.database.mode = 'down';
    for (const key of ['a', 'b']) await first.acceptor.take(aDraft(key));
    await first.acceptor.stop();
    const spool = await openForTest(await copyOf(first.folder));
    const next = acceptorOver(spool, first.database);
    expect(next.acceptor.state()).toMatchObject({ records: 2, draining: true });
    next.database.mode = 'up';
    next.acceptor.start();
    const taken = next.acceptor.take(aDraft('c'));
    await passed(next, taken);
    await passing(next, () => !next.acceptor.state().draining);
    expect(keysOf(next.database.events)).toEqual(['a', 'b', 'c']);
    expect(next.seenAgain).toEqual([]);
  });

  test('a full spool refuses with when to come again, a duplicate of what it holds is taken', async () => {
    const at = await stand({ maxBytes: 128 * 1024, segmentBytes: 64 * 1024 });
    at.database.mode = 'down';
    const body = Buffer.alloc(30_000);
    let kept = 0;
    const fill = async (): Promise<unknown> => {
      for (;;) {
        await at.acceptor.take(aDraft(String(kept), { body }));
        kept += 1;
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'database_unavailable', retryAfterSeconds: 10 });
    expect(kept).toBeGreaterThan(1);
    expect(await at.acceptor.take(aDraft('0', { body }))).toEqual({ eventId: null, duplicate: true });
    await expect(at.acceptor.take(aDraft('refused', { body }))).rejects.toMatchObject({ code: 'database_unavailable' });
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(at.database.events).toHaveLength(kept);
    expect(await at.acceptor.take(aDraft('refused', { body }))).toMatchObject({ duplicate: false });
  });

  test('followers of a request that could not be spooled are refused with it', async () => {
    const at = await stand({ maxBytes: 128 * 1024, segmentBytes: 64 * 1024, maxWaitingBytes: 1 });
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('first'));
    const body = Buffer.alloc(100_000);
    const answers = await Promise.allSettled([
      at.acceptor.take(aDraft('a', { body: Buffer.alloc(10) })),
      at.acceptor.take(aDraft('b', { body })),
      at.acceptor.take(aDraft('b', { body })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(await at.acceptor.take(aDraft('b', { body }))).toEqual({ eventId: 'evt_2', duplicate: false });
  });

  test('an outage is told of now and then, not at every try', async () => {
    const at = await stand();
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    const tries = () => at.database.batches.length;
    const before = tries();
    await passing(at, () => tries() >= before + 31, 250);
    expect(at.errors.length).toBeLessThanOrEqual(3);
    expect(at.errors.length).toBeGreaterThan(0);
  });

  test('a stop ends the drain at once, and what comes afterwards is spooled', async () => {
    const at = await stand();
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    await passing(at, () => at.errors.length > 0);
    await at.acceptor.stop();
    at.database.mode = 'up';
    expect(await at.acceptor.take(aDraft('b'))).toEqual({ eventId: null, duplicate: false });
    expect(at.spool.state().records).toBe(2);
    expect(at.database.events).toEqual([]);
  });

  test('a stop in the middle of a try waits for its end and for no other', async () => {
    const at = await stand();
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    at.database.mode = 'hang';
    await passing(at, () => at.database.hanging > 0);
    const stopped = at.acceptor.stop();
    at.database.answer('fail');
    // No time passes: a pause before another try would never end.
    await stopped;
    expect(at.spool.state().records).toBe(1);
  });
});

describe('what comes out of the spool', () => {
  test('is the draft that went in: origin, order, times, and the payload that filters see', async () => {
    const at = await stand();
    at.database.mode = 'down';
    const drafts = [
      aDraft('json', { orderingKey: 'envelope', occurredAtMs: 1_700_000_000_123, keySeconds: 77 }),
      aDraft('text', { contentType: 'text/plain', body: Buffer.from('{"not":"looked at"}'), payload: undefined }),
      aDraft('empty', { body: Buffer.alloc(0), payload: undefined }),
      aDraft('bytes', {
        contentType: 'application/octet-stream',
        body: Buffer.from([0, 255, 13, 10]),
        payload: undefined,
      }),
    ];
    for (const draft of drafts) await at.acceptor.take(draft);
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(at.database.events.map(({ draft }) => draft)).toEqual(drafts);
  });

  test('a large body is loaded for the filters, one at a time, and stays where it is', async () => {
    const at = await stand();
    at.database.mode = 'down';
    const drafts = ['1', '2', '3'].map((key) => {
      const blob = { key: `blob-${key}`, sizeBytes: 300_000 };
      at.blobs.set(blob.key, Buffer.from(`{"large":"${key}"}`));
      return aDraft(key, { blob, body: Buffer.alloc(0), payload: { large: key } });
    });
    const gone = aDraft('gone', {
      blob: { key: 'gone', sizeBytes: 300_000 },
      body: Buffer.alloc(0),
      payload: undefined,
    });
    const small = aDraft('small');
    for (const draft of [small, ...drafts, gone]) await at.acceptor.take(draft);
    at.database.batches.length = 0;
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(at.database.events.map(({ draft }) => draft)).toEqual([small, ...drafts, gone]);
    expect(at.database.batches.slice(-4)).toEqual([2, 1, 1, 1]);
  });

  test('a record that no statement can store is set aside alone', async () => {
    const at = await stand();
    at.database.mode = 'down';
    for (const key of ['a', 'bad', 'c']) await at.acceptor.take(aDraft(key, { type: key }));
    at.database.poison.add('bad');
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(keysOf(at.database.events)).toEqual(['a', 'c']);
    expect(at.setAside.map(({ head }) => JSON.parse(head) as object)).toMatchObject([{ idempotencyKey: 'bad' }]);
  });

  test.each([
    ['is read-only after a failover', '25006'],
    ['has another password', '28P01'],
    ['is being migrated', '42P01'],
  ])('nothing is set aside because the database %s: it is stored when that is over', async (_what, code) => {
    const at = await stand();
    at.database.mode = 'down';
    for (const key of ['a', 'b']) await at.acceptor.take(aDraft(key, { type: key }));
    at.database.poison.add('a').add('b');
    at.database.poisonCode = code;
    at.database.mode = 'up';
    const tries = at.database.batches.length;
    await passing(at, () => at.database.batches.length > tries + 3, 250);
    expect([at.setAside, at.acceptor.state().records]).toEqual([[], 2]);
    at.database.poison.clear();
    await passing(at, () => !at.acceptor.state().draining);
    expect(keysOf(at.database.events)).toEqual(['a', 'b']);
    expect(at.setAside).toEqual([]);
  });

  test('a record that no release can read is set aside alone', async () => {
    const at = await stand();
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    await at.spool.append({ head: 'not a head', body: Buffer.from('kept') });
    await at.acceptor.take(aDraft('c'));
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(keysOf(at.database.events)).toEqual(['a', 'c']);
    expect(at.setAside.map(({ body }) => body.toString())).toEqual(['kept']);
  });

  test('what is for a team that was deleted meanwhile is dropped, with a word', async () => {
    const at = await stand();
    at.database.mode = 'down';
    for (const [key, teamId] of [
      ['a', 'team_1'],
      ['b', 'team_2'],
      ['c', 'team_1'],
    ] as const) {
      await at.acceptor.take(aDraft(key, { teamId }));
    }
    at.errors.length = 0;
    at.database.deletedTeams.add('team_2');
    at.database.mode = 'up';
    await passing(at, () => !at.acceptor.state().draining);
    expect(keysOf(at.database.events)).toEqual(['a', 'c']);
    expect(at.setAside).toEqual([]);
    expect(String(at.errors.at(-1))).toMatch(/team was deleted/);
    expect(at.spool.state().records).toBe(0);
  });
});

describe('the end of a drain', () => {
  test('requests that keep coming do not keep it from ending, and go in behind what was spooled', async () => {
    const at = await stand();
    const { acceptor, database } = at;
    database.mode = 'down';
    const early = await spoolMany(at, 600);
    database.mode = 'up';
    let late = 0;
    const order: string[] = [];
    const enough = new AbortController();
    const pour = async (loop: number): Promise<void> => {
      for (let count = 0; !enough.signal.aborted; count += 1) {
        const key = `${loop}-${count}`;
        await acceptor.take(aDraft(key));
        if (loop === 0) order.push(key);
        late += 1;
      }
    };
    const pouring = Promise.all([0, 1, 2, 3].map(pour));
    await passing(at, () => !acceptor.state().draining, 1);
    const during = late;
    await passing(at, () => late > during + 100, 1);
    enough.abort();
    await passed(at, pouring, 1);
    const keys = keysOf(database.events);
    expect(keys.slice(0, 600)).toEqual(early);
    expect(keys).toHaveLength(600 + late);
    expect(keys.filter((key) => key?.startsWith('0-'))).toEqual(order);
  });

  test('who waits for the drain is not kept waiting by a database that stops answering', async () => {
    const at = await stand();
    const { acceptor, database } = at;
    database.mode = 'down';
    await spoolMany(at, 501);
    database.mode = 'up';
    // The first batch is stored; the gate is closed, and the next one hangs.
    await passing(at, () => database.events.length === 500);
    database.mode = 'hang';
    const taken = acceptor.take(aDraft('late'));
    await passing(at, () => database.hanging === 1);
    const atMs = at.timers.now();
    expect(await passed(at, taken)).toEqual({ eventId: null, duplicate: false });
    expect(at.timers.now() - atMs).toBeLessThan(1_000);
    database.mode = 'up';
    database.answer('fail');
    await passing(at, () => !acceptor.state().draining);
    expect(keysOf(database.events).slice(-2)).toEqual(['early-500', 'late']);
  });

  test('what is spooled while the drain looks for the last time is not left behind', async () => {
    const spool = await openForTest(await temporaryFolder());
    let meanwhile: (() => Promise<unknown>) | null = null;
    const peek: typeof spool.peek = async (records, bytes) => {
      const found = await spool.peek(records, bytes);
      if (found.length > 0) return found;
      await meanwhile?.();
      return [];
    };
    const at = acceptorOver({ ...spool, peek });
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    at.database.mode = 'up';
    meanwhile = async () => {
      meanwhile = null;
      const taken = at.acceptor.take(aDraft('b'));
      // Longer than who comes is held back for.
      at.timers.advance(1_000);
      expect(await taken).toEqual({ eventId: null, duplicate: false });
    };
    await passing(at, () => !at.acceptor.state().draining);
    expect(keysOf(at.database.events)).toEqual(['a', 'b']);
    expect(spool.state().records).toBe(0);
  });

  test('a spool that loses its records to the disk does not hold requests back', async () => {
    const at = await stand();
    at.database.mode = 'down';
    await at.acceptor.take(aDraft('a'));
    at.database.mode = 'up';
    const empty = acceptorOver({ ...at.spool, peek: () => Promise.resolve([]) }, at.database);
    empty.acceptor.start();
    await passing(empty, () => !empty.acceptor.state().draining);
    expect(await empty.acceptor.take(aDraft('b'))).toMatchObject({ duplicate: false, eventId: expect.any(String) });
  });
});
