import type { Clock } from '../clock.ts';
import { createGroupCommit } from '../database/group-commit.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import type { DeliveryItem } from '../delivery/delivery-ports.ts';
import type { IdSource } from '../ids/id-source.ts';
import { timeOfId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import type { AcceptedEvent, EventDraft } from './event-draft.ts';
import {
  type AcceptAnswer,
  type AcceptStore,
  type EarlierEvent,
  keyName,
  type PlannedDelivery,
  type PlannedEvent,
} from './accept.store.ts';

/** The delivery engine as the accept path sees it. */
export type Admission = {
  epoch(): number | null;
  reserve(endpoint: EndpointConfig, deliveryId: string, sizeBytes: number): boolean;
  cancel(endpointId: string, deliveryId: string, sizeBytes: number): void;
  doubt(endpointId: string, item: { epoch: number; teamId: string; deliveryId: string }, sizeBytes: number): void;
  enter(item: DeliveryItem): void;
  queued(): void;
};

export type Subscriptions = {
  version: number;
  subscribers(eventType: string): readonly EndpointConfig[];
  endpoints: ReadonlyMap<string, EndpointConfig>;
};

/** One request: `answer` once it is known. */
type Unit = { drafts: EventDraft[]; bytes: number; answer: AcceptedEvent[] | Problem | null };

export type EventAcceptor = {
  /** Resolves after the commit. Rejects with a Problem: nothing was acknowledged. */
  accept(draft: EventDraft): Promise<AcceptedEvent>;
  /** All of one request in one transaction: all are accepted or none is. */
  acceptAll(drafts: EventDraft[]): Promise<AcceptedEvent[]>;
  readonly pending: number;
};

/** Requests, and bytes of their events, that may wait for a commit; above it the node says that it is at its limit. */
const pendingMax = 20_000;
const pendingMaxBytes = 128 * 1024 * 1024;
/** Bytes of events in one transaction. */
const batchMaxBytes = 16 * 1024 * 1024;
const triesMax = 6;

/**
 * The accept path: gathers drafts, plans their deliveries against the team's subscriptions, and commits events and
 * deliveries in one transaction. Ids are made just before the statement is sent, so that they are honest about time.
 */
export function createEventAcceptor(options: {
  store: AcceptStore;
  admission: Admission;
  ids: IdSource;
  clock: Clock;
  subscriptions: (teamId: string) => Subscriptions | null | Promise<Subscriptions | null>;
  /** Re-reads the teams whose snapshot was stale. */
  refresh: (teamIds: string[]) => Promise<void>;
  alignClock: (databaseNowMs: number) => void;
  makePartitions: () => Promise<void>;
  /** An event was committed, or answered from its idempotency key. */
  onAccepted?: (duplicate: boolean) => void;
  /** A new event was committed with these deliveries: for whoever listens along. Must be cheap. */
  onNew?: (event: PlannedEvent) => void;
  onError: (error: unknown) => void;
  /** See createGroupCommit. */
  defer?: (run: () => void) => void;
}): EventAcceptor {
  let pendingBytes = 0;

  const write = async (units: Unit[]): Promise<(AcceptedEvent[] | Problem)[]> => {
    try {
      await commit(units);
    } catch (error) {
      // Refused for its data: one bad event must not take the others' batch with it.
      if (rolledBack(error) && units.length > 1) for (const unit of units) await writeAlone(unit);
      else for (const unit of units) unit.answer ??= error instanceof Problem ? error : unavailable(error);
    }
    for (const unit of units) pendingBytes -= unit.bytes;
    return units.map((unit) => unit.answer as AcceptedEvent[] | Problem);
  };

  const writeAlone = async (unit: Unit): Promise<void> => {
    if (unit.answer !== null) return;
    try {
      await commit([unit]);
    } catch (error) {
      unit.answer = error instanceof Problem ? error : unavailable(error);
    }
  };

  const readTeams = async (units: Unit[]): Promise<Map<string, Subscriptions>> => {
    const teams = new Map<string, Subscriptions>();
    for (const unit of units) {
      for (const { teamId } of unit.drafts) {
        if (teams.has(teamId)) continue;
        const found = options.subscriptions(teamId);
        const subscriptions = found instanceof Promise ? await found : found;
        if (subscriptions === null) unit.answer = new Problem('not_found', 'This team does not exist any more.');
        else teams.set(teamId, subscriptions);
      }
    }
    return teams;
  };

  const commit = async (all: Unit[]): Promise<void> => {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const epoch = options.admission.epoch();
      if (epoch === null) throw unavailable();
      const teams = await readTeams(all);
      const units = all.filter(isOpen);
      const plan = planEvents(units, teams, options);
      if (plan.length === 0) {
        for (const unit of units) unit.answer = [];
        return;
      }
      let answer: AcceptAnswer;
      try {
        // What the oldest id tells, not the clock: readers rely on no id being older than this, and after the clock was
        // set back the ids run ahead of it.
        const madeAtMs = timeOfId((plan[0] as PlannedEvent).id);
        answer = await options.store.accept({ epoch, madeAtMs, teams, events: plan });
      } catch (error) {
        settleDoubt(plan, epoch, error, options.admission);
        if (isMissingPartition(error)) {
          await options.makePartitions();
          continue;
        }
        options.onError(error);
        throw error;
      }
      if (answer.refused === null) {
        const accepted = finish(plan, answer.earlier, epoch, options);
        for (const { duplicate, conflict } of accepted) if (!conflict) options.onAccepted?.(duplicate);
        let offset = 0;
        for (const unit of units) {
          unit.answer = accepted.slice(offset, offset + unit.drafts.length);
          offset += unit.drafts.length;
        }
        return;
      }
      cancelAll(plan, options.admission);
      if (answer.refused === 'stale') await options.refresh(answer.staleTeams);
      else if (answer.refused === 'clock') options.alignClock(answer.databaseNowMs);
      else throw unavailable();
    }
    throw new Problem('overloaded', 'The configuration changes faster than events can be accepted; try again.', {
      retryAfterSeconds: 1,
    });
  };

  const group = createGroupCommit<Unit, AcceptedEvent[] | Problem>({
    write,
    maxBatch: 500,
    weigh: (unit) => unit.bytes,
    maxBytes: batchMaxBytes,
    parallel: 2,
    ...(options.defer && { defer: options.defer }),
  });

  const add = (drafts: EventDraft[]): Promise<AcceptedEvent[] | Problem> => {
    let bytes = 0;
    for (const draft of drafts) bytes += draft.body.length;
    if (group.pending >= pendingMax || pendingBytes + bytes > pendingMaxBytes) {
      return Promise.resolve(
        new Problem('overloaded', 'Too many events wait to be committed.', { retryAfterSeconds: 1 }),
      );
    }
    pendingBytes += bytes;
    return group.add({ drafts, bytes, answer: null });
  };
  return {
    accept: (draft) => add([draft]).then(onlyAnswer),
    acceptAll: (drafts) => add(drafts).then(allAnswers),
    get pending() {
      return group.pending;
    },
  };
}

function allAnswers(answer: AcceptedEvent[] | Problem): AcceptedEvent[] {
  if (answer instanceof Problem) throw answer;
  return answer;
}

function onlyAnswer(answers: AcceptedEvent[] | Problem): AcceptedEvent {
  const [answer] = allAnswers(answers) as [AcceptedEvent];
  if (answer.conflict) throw idempotencyConflict(answer.id);
  return answer;
}

/** The answer to an idempotency key that was used before with another request. */
export function idempotencyConflict(eventId: string): Problem {
  return new Problem(
    'idempotency_conflict',
    `The idempotency key belongs to ${eventId}, whose request was another one; use a new key for a new event.`,
  );
}

function unavailable(cause?: unknown): Problem {
  return new Problem(
    'database_unavailable',
    'The event was not accepted: the database is out of reach. Send it again.',
    {
      retryAfterSeconds: 2,
      cause,
    },
  );
}

/** PostgreSQL 23514 "no partition of relation found for row": the day's partitions are missing. */
function isMissingPartition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23514' && /no partition/.test(error.message);
}

const isOpen = ({ answer }: Unit): boolean => answer === null;

/** In loops, as `finish`: functions made for each batch are compiled again and again (database/binary-arrays.ts). */
function planEvents(
  units: readonly Unit[],
  teams: ReadonlyMap<string, Subscriptions>,
  options: { ids: IdSource; admission: Admission },
): PlannedEvent[] {
  const plan: PlannedEvent[] = [];
  for (const { drafts } of units) {
    for (const draft of drafts) plan.push(planEvent(draft, teams.get(draft.teamId) as Subscriptions, options));
  }
  return plan;
}

function planEvent(
  draft: EventDraft,
  subscriptions: Subscriptions,
  options: { ids: IdSource; admission: Admission },
): PlannedEvent {
  const event: PlannedEvent = { draft, id: options.ids.next('evt'), deliveries: [] };
  const only = draft.onlyEndpointId === null ? undefined : subscriptions.endpoints.get(draft.onlyEndpointId);
  const endpoints =
    draft.onlyEndpointId === null ? subscriptions.subscribers(draft.type) : only === undefined ? [] : [only];
  // To read it may mean to parse it: once, however many endpoints filter.
  let payload: { read: unknown } | null = null;
  for (const endpoint of endpoints) {
    if (only === undefined && !takesFrom(endpoint, draft)) continue;
    if (endpoint.filter !== null && only === undefined) {
      payload ??= { read: draft.payload };
      if (payload.read === undefined || !endpoint.filter(payload.read)) continue;
    }
    const orderingKey = endpoint.ordering === 'key' ? draft.orderingKey : null;
    const id = options.ids.next('dlv');
    // What must keep its place behind others waits in the queue; the rest goes out from memory when there is room.
    const queued = orderingKey !== null || !options.admission.reserve(endpoint, id, draft.body.length);
    event.deliveries.push({ id, endpointId: endpoint.id, queued, orderingKey });
  }
  return event;
}

/** An endpoint may be for some sources alone. */
function takesFrom(endpoint: EndpointConfig, draft: EventDraft): boolean {
  return endpoint.sources === null || (draft.origin !== null && endpoint.sources.has(draft.origin.sourceId));
}

function eachReserved(plan: PlannedEvent[], run: (event: PlannedEvent, delivery: PlannedDelivery) => void): void {
  for (const event of plan) {
    for (const delivery of event.deliveries) if (!delivery.queued) run(event, delivery);
  }
}

function cancelAll(plan: PlannedEvent[], admission: Admission): void {
  eachReserved(plan, (event, delivery) => admission.cancel(delivery.endpointId, delivery.id, event.draft.body.length));
}

/** A SQLSTATE of the statement itself (data, syntax, resources) means it rolled back; anything else may have committed. */
function rolledBack(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(2[0-9]|42|53)[0-9A-Z]{3}$/.test(String(error.code));
}

function settleDoubt(plan: PlannedEvent[], epoch: number, error: unknown, admission: Admission): void {
  if (rolledBack(error)) {
    cancelAll(plan, admission);
    return;
  }
  eachReserved(plan, (event, delivery) =>
    admission.doubt(
      delivery.endpointId,
      { epoch, teamId: event.draft.teamId, deliveryId: delivery.id },
      event.draft.body.length,
    ),
  );
}

type Finish = { admission: Admission; onNew?: (event: PlannedEvent) => void };

function finish(
  plan: PlannedEvent[],
  earlierEvents: ReadonlyMap<string, EarlierEvent>,
  epoch: number,
  options: Finish,
): AcceptedEvent[] {
  const accepted: AcceptedEvent[] = [];
  let anyQueued = false;
  for (const event of plan) {
    const { draft } = event;
    const earlier = draft.idempotencyKey === null ? undefined : earlierEvents.get(keyName(draft));
    if (earlier !== undefined && earlier.eventId !== event.id) {
      cancelAll([event], options.admission);
      accepted.push(duplicateOf(draft, earlier));
      continue;
    }
    options.onNew?.(event);
    anyQueued = enter(event, epoch, options.admission) || anyQueued;
    accepted.push({
      id: event.id,
      type: draft.type,
      acceptedAtMs: timeOfId(event.id),
      deliveries: event.deliveries.length,
      deliveryIds: event.deliveries.map(idOf),
      duplicate: false,
      conflict: false,
    });
  }
  if (anyQueued) options.admission.queued();
  return accepted;
}

const idOf = ({ id }: PlannedDelivery): string => id;

function duplicateOf(draft: EventDraft, earlier: EarlierEvent): AcceptedEvent {
  return {
    id: earlier.eventId,
    type: draft.type,
    acceptedAtMs: timeOfId(earlier.eventId),
    deliveries: earlier.deliveries,
    deliveryIds: [],
    duplicate: true,
    conflict: draft.requestHash !== null && earlier.requestHash?.equals(draft.requestHash) !== true,
  };
}

/** Hands its deliveries to the engine. @returns whether others wait in the queue */
function enter({ id: eventId, draft, deliveries }: PlannedEvent, epoch: number, admission: Admission): boolean {
  let anyQueued = false;
  for (const { id: deliveryId, endpointId, queued } of deliveries) {
    if (queued) {
      anyQueued = true;
      continue;
    }
    admission.enter({
      epoch,
      teamId: draft.teamId,
      deliveryId,
      eventId,
      endpointId,
      eventType: draft.type,
      contentType: draft.contentType,
      body: draft.body,
      blob: draft.blob,
      origin: draft.origin,
      attempts: 0,
      cycleAttempts: 0,
      orderingKey: null,
      fresh: true,
      enteredAtMs: 0,
    });
  }
  return anyQueued;
}
