import { setTimeout as delay } from 'node:timers/promises';
import type { AcceptedEvent, EventDraft } from '../../src/events/event-draft.ts';
import type { IdSource } from '../../src/ids/id-source.ts';
import { Problem } from '../../src/problem.ts';
import { createInboundAcceptor, type InboundAcceptor } from '../../src/receiving/inbound-acceptor.ts';
import type { Spool, SpoolRecord } from '../../src/spool/spool.ts';
import { createManualTimers, type ManualTimers } from '../support/manual-timers.ts';

export type Mode =
  | 'up'
  /** Nothing can have been sent. */
  | 'down'
  /** It is committed, and the answer is lost. */
  | 'lost'
  /** No answer until the test gives one. */
  | 'hang'
  | 'overloaded';

/** The accept path with a database that fails as it is told. Its events are in the order of their commits. */
export class AcceptTwin {
  mode: Mode = 'up';
  readonly events: { id: string; draft: EventDraft }[] = [];
  readonly deletedTeams = new Set<string>();
  /** Types that no statement can store. */
  readonly poison = new Set<string>();
  /** The SQLSTATE that it is refused with. */
  poisonCode = '22021';
  private readonly byKey = new Map<string, string>();
  private readonly ids: IdSource | null;
  private held: ((how: 'commit' | 'fail') => void)[] = [];
  /** How many events each commit was asked to store. */
  readonly batches: number[] = [];

  /** Ids are `evt_0` and so on, unless there is a source of others. */
  constructor(ids: IdSource | null = null) {
    this.ids = ids;
  }

  get hanging(): number {
    return this.held.length;
  }

  accept = async (draft: EventDraft): Promise<AcceptedEvent> => {
    return (await this.acceptAll([draft]))[0] as AcceptedEvent;
  };

  acceptAll = async (drafts: EventDraft[]): Promise<AcceptedEvent[]> => {
    this.batches.push(drafts.length);
    const { mode } = this;
    await new Promise((resolve) => setImmediate(resolve));
    if (mode === 'overloaded') throw new Problem('overloaded', 'too many', { retryAfterSeconds: 1 });
    if (mode === 'down') throw unavailable(Object.assign(new Error('refused'), { syscall: 'connect' }));
    if (mode === 'hang') {
      const how = await new Promise<'commit' | 'fail'>((resolve) => this.held.push(resolve));
      if (how === 'fail') throw unavailable(new Error('Query read timeout'));
    }
    const answers = this.commit(drafts);
    if (mode === 'lost') throw unavailable(new Error('Connection terminated unexpectedly'));
    return answers;
  };

  /** Answers what hangs, in its order. */
  answer(how: 'commit' | 'fail'): void {
    const held = this.held;
    this.held = [];
    for (const resolve of held) resolve(how);
  }

  private commit(drafts: EventDraft[]): AcceptedEvent[] {
    if (drafts.some(({ teamId }) => this.deletedTeams.has(teamId))) throw new Problem('not_found', 'no such team');
    if (drafts.some(({ type }) => this.poison.has(type))) {
      throw unavailable(Object.assign(new Error('no such text'), { code: this.poisonCode }));
    }
    return drafts.map((draft) => {
      const key = `${draft.origin?.sourceId} ${draft.idempotencyKey}`;
      const known = this.byKey.get(key);
      const id = known ?? this.ids?.next('evt') ?? `evt_${this.events.length}`;
      if (known === undefined) {
        this.byKey.set(key, id);
        this.events.push({ id, draft });
      }
      const { type } = draft;
      return {
        id,
        type,
        acceptedAtMs: 0,
        deliveries: 0,
        deliveryIds: [],
        duplicate: known !== undefined,
        conflict: false,
      };
    });
  }
}

function unavailable(cause: Error): Problem {
  return new Problem('database_unavailable', 'away', { cause, retryAfterSeconds: 2 });
}

export function aDraft(key: string, more: Partial<EventDraft> = {}): EventDraft {
  return {
    teamId: 'team_1',
    type: 'a.type',
    contentType: 'application/json',
    body: Buffer.from(`{"key":"${key}"}`),
    blob: null,
    payload: { key },
    origin: { sourceId: 'src_1', externalId: null, coverage: 'body', credential: '1' },
    idempotencyKey: key,
    keySeconds: 60,
    requestHash: null,
    orderingKey: null,
    occurredAtMs: null,
    onlyEndpointId: null,
    ...more,
  };
}

export type AcceptorStand = {
  acceptor: InboundAcceptor;
  timers: ManualTimers;
  database: AcceptTwin;
  seenAgain: { eventId: string; count: number }[];
  setAside: SpoolRecord[];
  errors: unknown[];
  /** Bodies in the blob store. */
  blobs: Map<string, Buffer>;
};

/** An acceptor over a real spool, by manual time. */
export function acceptorOver(spool: Spool, database = new AcceptTwin()): AcceptorStand {
  const stand = {
    timers: createManualTimers(),
    database,
    seenAgain: [] as AcceptorStand['seenAgain'],
    setAside: [] as SpoolRecord[],
    errors: [] as unknown[],
    blobs: new Map<string, Buffer>(),
  };
  const acceptor = createInboundAcceptor({
    accept: (draft) => database.accept(draft),
    acceptAll: (drafts) => database.acceptAll(drafts),
    loadBody: (key) => Promise.resolve(stand.blobs.get(key) ?? null),
    spool,
    timers: stand.timers,
    onSeenAgain: (_teamId, eventId, count) => stand.seenAgain.push({ eventId, count }),
    setAside: (record) => {
      stand.setAside.push(record);
      return Promise.resolve();
    },
    onError: (error) => stand.errors.push(error),
  });
  return { acceptor, ...stand };
}

const deadlineMs = 30_000;

/** Lets what is under way go on, and the acceptor's time pass with it, until it is so. */
export async function passing(stand: Pick<AcceptorStand, 'timers'>, until: () => boolean, stepMs = 20): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  while (!until()) {
    if (performance.now() > giveUpAt) throw new Error('it never came to that');
    // The disk is a real one: a turn of the event loop alone would let hours pass while it writes.
    await delay(1);
    stand.timers.advance(stepMs);
  }
}

/** The same until the promise settles, and its answer. */
export async function passed<Answer>(
  stand: Pick<AcceptorStand, 'timers'>,
  promise: Promise<Answer>,
  stepMs = 20,
): Promise<Answer> {
  let settled = false;
  const end = (): void => {
    settled = true;
  };
  promise.then(end, end);
  await passing(stand, () => settled, stepMs);
  return promise;
}
