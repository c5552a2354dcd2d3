import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AcceptorStand,
  AcceptTwin,
  aDraft,
  acceptorOver,
  type Mode,
  passing,
} from '../../tests/receiving/acceptor-stand.ts';
import { copyOf, openForTest, temporaryFolder } from '../../tests/spool/spool-fixtures.ts';

type Step =
  | { do: 'post'; source: number; key: number; copies: number }
  | { do: 'mode'; mode: Mode }
  | { do: 'answer'; how: 'commit' | 'fail' }
  | { do: 'pass'; turns: number }
  | { do: 'restart' }
  | { do: 'kill' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constant('post' as const),
        source: fc.integer({ min: 0, max: 2 }),
        key: fc.integer({ min: 0, max: 11 }),
        copies: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('mode' as const),
        mode: fc.constantFrom<Mode>('up', 'down', 'lost', 'hang', 'overloaded'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('answer' as const), how: fc.constantFrom('commit', 'fail') }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), turns: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'restart' }, { do: 'kill' }) },
  ),
  { minLength: 5, maxLength: 30 },
);

/** What senders saw: each source has one that sends a notification after the other, each of them up to three times. */
class Senders {
  readonly answered = new Map<string, number>();
  /** Keys in the order in which they were first answered well, by source. */
  readonly order = [0, 1, 2].map(() => [] as string[]);
  private readonly busy = [0, 1, 2].map(() => Promise.resolve());
  private underWay = 0;

  get idle(): boolean {
    return this.underWay === 0;
  }

  post(take: (key: string, source: number) => Promise<unknown>, { source, key, copies }: Step & { do: 'post' }): void {
    const name = `${source}-${key}`;
    this.underWay += 1;
    const send = async (): Promise<void> => {
      const answers = await Promise.allSettled(Array.from({ length: copies }, () => take(name, source)));
      const good = answers.filter(({ status }) => status === 'fulfilled').length;
      if (good > 0 && !this.answered.has(name)) this.order[source]?.push(name);
      if (good > 0) this.answered.set(name, (this.answered.get(name) ?? 0) + good);
      this.underWay -= 1;
    };
    this.busy[source] = (this.busy[source] ?? Promise.resolve()).then(send);
  }
}

async function play(script: Step[]): Promise<void> {
  const database = new AcceptTwin();
  const senders = new Senders();
  const seenAgain = new Map<string, number>();
  let folder = await temporaryFolder();
  let spool = await openForTest(folder);
  let stand: AcceptorStand = acceptorOver(spool, database);
  const countAgain = (eventId: string, count: number): void => {
    seenAgain.set(eventId, (seenAgain.get(eventId) ?? 0) + count);
  };
  const take = async (key: string, source: number): Promise<void> => {
    const { acceptor } = stand;
    const origin = { sourceId: `src_${source}`, externalId: null, coverage: 'body', credential: '1' } as const;
    const taken = await acceptor.take(
      aDraft(key, { origin, body: Buffer.from(`{"source":${source},"key":"${key}"}`) }),
    );
    if (taken.duplicate && taken.eventId !== null) countAgain(taken.eventId, 1);
  };
  const leave = (): void => {
    for (const { eventId, count } of stand.seenAgain) countAgain(eventId, count);
  };

  for (const step of script) {
    if (step.do === 'post') senders.post(take, step);
    else if (step.do === 'mode') database.mode = step.mode;
    else if (step.do === 'answer') database.answer(step.how);
    else if (step.do === 'pass') {
      let left = step.turns;
      await passing(stand, () => (left -= 1) < 0, 400);
    } else if (step.do === 'restart') {
      // The server closes first: requests under way are answered.
      await until(stand, senders, database);
      database.mode = 'down';
      await stop(stand, database, 'fail');
      leave();
      await spool.close();
      spool = await openForTest(folder);
      stand = acceptorOver(spool, database);
      stand.acceptor.start();
    } else {
      // What is on disk at any moment is all that the next process has; what the dead one asked for may be committed.
      await until(stand, senders, database);
      const dead = stand;
      folder = await copyOf(folder);
      leave();
      spool = await openForTest(folder);
      stand = acceptorOver(spool, database);
      await stop(dead, database, 'commit');
      stand.acceptor.start();
    }
  }

  database.mode = 'up';
  await until(stand, senders, database);
  await passing(stand, () => {
    database.answer('commit');
    return !stand.acceptor.state().draining;
  });
  leave();

  const keys = database.events.map(({ draft }) => draft.idempotencyKey as string);
  expect(new Set(keys).size, 'nothing twice').toBe(keys.length);
  expect([...senders.answered.keys()].filter((key) => !keys.includes(key))).toEqual([]);
  for (const { draft } of database.events) expect(draft.body.toString()).toContain(`"${draft.idempotencyKey}"`);
  senders.order.forEach((order) => {
    expect(keys.filter((key) => order.includes(key))).toEqual(order);
  });
  for (const { id, draft } of database.events) {
    const answered = senders.answered.get(draft.idempotencyKey as string) ?? 0;
    expect(seenAgain.get(id) ?? 0, 'never more than was answered').toBeLessThanOrEqual(Math.max(0, answered - 1));
  }
  expect(stand.setAside).toEqual([]);
}

/** Everything that was sent is answered, one way or the other; what hangs fails, as it does after a while. */
async function until(stand: AcceptorStand, senders: Senders, database: AcceptTwin): Promise<void> {
  let turns = 0;
  await passing(
    stand,
    () => {
      turns += 1;
      if (turns % 20 === 0) database.answer('fail');
      return senders.idle;
    },
    400,
  );
}

async function stop(stand: AcceptorStand, database: AcceptTwin, how: 'commit' | 'fail'): Promise<void> {
  let stopped = false;
  void stand.acceptor.stop().then(() => {
    stopped = true;
  });
  await passing(stand, () => {
    database.answer(how);
    return stopped;
  });
}

test('whatever fails, hangs or is lost: nothing is lost, nothing doubled, and each source keeps its order', async () => {
  await fc.assert(fc.asyncProperty(steps, play), { numRuns: 60, endOnFailure: true });
}, 120_000);
