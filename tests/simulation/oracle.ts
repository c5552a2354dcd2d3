import { type BreakerPolicy, defaultBreakerPolicy } from '../../src/delivery/breaker.rules.ts';
import { jitterShare, parseRetryAfter, retryAfterMaxMs } from '../../src/delivery/decide-outcome.rules.ts';
import type { EndpointConfig } from '../../src/endpoints/endpoint-config.ts';
import { timeOfId } from '../../src/ids/id.rules.ts';
import { BreakerMirror } from './breaker-mirror.ts';
import type { DeliveryRow, EventRow, MemoryDatabase, QueueRow, Witness } from './memory-database.ts';
import type { Process } from './process.ts';
import type { Exchange, ExchangeWitness } from './receivers.ts';
import type { Trace } from './trace.ts';

type Watched = {
  row: DeliveryRow;
  orderingKey: string | null;
  /** The delivery before it under its ordering key. */
  before: Watched | null;
  exchanges: Exchange[];
  /** Attempts that moved it, all failed but perhaps the last. */
  moves: number;
  notBeforeMs: number;
};

/** Between two clocks that follow the database's by half a round trip. */
const clockToleranceMs = 500;

/**
 * Watches a run from outside: what clients, the database and the receivers see, never what the engine says of itself.
 * Whatever must not happen is a violation; what may happen but is counted, such as a duplicate, is in `counts`.
 */
export class Oracle implements Witness, ExchangeWitness {
  readonly violations: string[] = [];
  readonly counts = { accepted: 0, exchanges: 0, received: 0, duplicates: 0, settled: 0, takenOver: 0 };
  readonly watched = new Map<string, Watched>();
  private readonly pending = new Map<string, number>();
  private readonly acknowledged = new Map<string, string>();
  private readonly lastOfKey = new Map<string, Watched>();
  private readonly underWay = new Map<string, Set<Exchange>>();
  private readonly breakers = new Map<string, BreakerMirror>();
  private readonly eventsOfRequest = new Map<string, string>();
  private readonly trace: Trace;
  private readonly policy: BreakerPolicy;
  private readonly endpoint: (id: string) => EndpointConfig;
  private readonly subscribers: (teamId: string, type: string) => string[];
  database!: MemoryDatabase;

  constructor(options: {
    trace: Trace;
    endpoint: (id: string) => EndpointConfig;
    subscribers: (teamId: string, type: string) => string[];
    policy?: BreakerPolicy;
  }) {
    this.trace = options.trace;
    this.endpoint = options.endpoint;
    this.subscribers = options.subscribers;
    this.policy = options.policy ?? defaultBreakerPolicy;
  }

  violate(what: string): void {
    this.trace.add(`VIOLATION ${what}`);
    if (this.violations.length < 20) this.violations.push(what);
  }

  /** Deliveries that are not settled, but for those of endpoints that `except` names. */
  unsettled(except: ReadonlySet<string>): number {
    let sum = 0;
    for (const [endpointId, count] of this.pending) if (!except.has(endpointId)) sum += count;
    return sum;
  }

  /** A client got its 2xx. `request` is what it calls the event; `once`: it sent an idempotency key along. */
  answered(request: string, eventId: string, once: boolean): void {
    this.trace.add(`answered ${request} ${eventId}`);
    if (!this.database.events.has(eventId)) this.violate(`${eventId} was acknowledged and is not in the database`);
    const other = this.acknowledged.get(request);
    if (once && other !== undefined && other !== eventId) this.violate(`${request} became ${other} and ${eventId}`);
    this.acknowledged.set(request, eventId);
  }

  accepted(event: EventRow, deliveries: DeliveryRow[], queued: QueueRow[]): void {
    const { now } = this.database;
    this.trace.add(`accepted ${event.id} ${deliveries.map((row) => `${row.id}:${row.owner}`).join(' ')}`);
    this.counts.accepted += 1;
    const dishonestMs = timeOfId(event.id) - now();
    if (Math.abs(dishonestMs) > 1_050) this.violate(`${event.id} lies about its time by ${dishonestMs} ms`);
    const expected = this.subscribers(event.teamId, event.type).sort().join();
    const planned = deliveries
      .map((row) => row.endpointId)
      .sort()
      .join();
    if (expected !== planned) this.violate(`${event.id} goes to [${planned}] instead of [${expected}]`);
    const [request, once] = event.body.toString().split(' ') as [string, string];
    if (once === 'once') {
      const other = this.eventsOfRequest.get(request);
      if (other !== undefined) this.violate(`idempotent ${request} became ${other} and ${event.id}`);
      this.eventsOfRequest.set(request, event.id);
    }
    for (const row of deliveries) {
      const orderingKey = queued.find((each) => each.deliveryId === row.id)?.orderingKey ?? null;
      const key = `${row.endpointId} ${orderingKey}`;
      const watched: Watched = {
        row,
        orderingKey,
        before: orderingKey === null ? null : (this.lastOfKey.get(key) ?? null),
        exchanges: [],
        moves: 0,
        notBeforeMs: 0,
      };
      if (orderingKey !== null) this.lastOfKey.set(key, watched);
      this.watched.set(row.id, watched);
      this.pending.set(row.endpointId, (this.pending.get(row.endpointId) ?? 0) + 1);
    }
  }

  claimed(epoch: number, row: QueueRow): void {
    this.trace.add(`claimed ${row.deliveryId} by ${epoch}`);
  }

  takenOver(epoch: number, deliveryIds: string[]): void {
    this.trace.add(`taken over ${epoch} ${deliveryIds.join(' ')}`);
    this.counts.takenOver += deliveryIds.length;
  }

  settled(delivery: DeliveryRow, epoch: number, outcome: 'succeeded' | 'dead' | 'retry', dueAtMs: number): void {
    this.trace.add(`settled ${delivery.id} ${outcome} due ${dueAtMs}`);
    const watched = this.watched.get(delivery.id) as Watched;
    const nowMs = this.database.now();
    const { retry } = this.endpoint(delivery.endpointId);
    const exchange = watched.exchanges.find((each) => each.epoch === epoch && each.endedMs !== null && !each.applied);
    if (exchange === undefined) return this.violate(`${delivery.id} was settled by an attempt that nobody made`);
    exchange.applied = true;
    const status = exchange.status as number;
    const succeeded = status >= 200 && status < 300;
    const scheduled = retry.scheduleSeconds[watched.moves];
    watched.moves += 1;
    if (succeeded !== (outcome === 'succeeded')) this.violate(`${delivery.id} answered ${status} and is ${outcome}`);
    if (outcome !== 'retry') {
      this.counts.settled += 1;
      this.pending.set(delivery.endpointId, (this.pending.get(delivery.endpointId) as number) - 1);
      if (outcome === 'dead' && scheduled !== undefined)
        this.violate(`${delivery.id} died after ${watched.moves} attempts`);
      return undefined;
    }
    if (status === 410) return undefined;
    if (scheduled === undefined) return this.violate(`${delivery.id} is tried beyond its schedule`);
    const askedMs = Math.min(retryAfterMaxMs, parseRetryAfter(exchange.retryAfter, exchange.endedMs as number));
    const earliestMs = nowMs + Math.max(scheduled * 1000, askedMs - clockToleranceMs);
    const latestMs = nowMs + Math.max(scheduled * 1000 * (1 + jitterShare), askedMs + clockToleranceMs);
    if (dueAtMs < earliestMs - 1) this.violate(`${delivery.id} is due ${earliestMs - dueAtMs} ms before its schedule`);
    if (dueAtMs > latestMs + 1) this.violate(`${delivery.id} is due ${dueAtMs - latestMs} ms after its schedule`);
    watched.notBeforeMs = earliestMs;
    return undefined;
  }

  began(exchange: Exchange): void {
    const { deliveryId, endpointId, process, epoch } = exchange;
    this.trace.add(`${process.name} sends ${deliveryId} as ${epoch}`);
    this.counts.exchanges += 1;
    const watched = this.watched.get(deliveryId);
    if (watched === undefined) return this.violate(`${deliveryId} is sent and not in the database`);
    const stands = this.database.nodes.has(epoch);
    if (!stands) this.violate(`${deliveryId} is sent by epoch ${epoch}, which is over`);
    if (watched.before?.row.state === 'pending') {
      this.violate(`${deliveryId} overtakes ${watched.before.row.id} of its ordering key`);
    }
    if (stands && exchange.beganMs < watched.notBeforeMs) this.violate(`${deliveryId} is sent before it is due`);
    if (stands && watched.row.state !== 'pending')
      this.violate(`${deliveryId} is sent although it is ${watched.row.state}`);
    const unsettled = watched.exchanges.filter((each) => !each.applied);
    for (const other of unsettled) {
      if (this.holds(other) && stands) this.violate(`${deliveryId} is sent twice by ${other.epoch} and ${epoch}`);
    }
    watched.exchanges.push(exchange);

    const place = `${process.name} ${endpointId}`;
    let underWay = this.underWay.get(place);
    if (underWay === undefined) this.underWay.set(place, (underWay = new Set()));
    if (underWay.size >= this.endpoint(endpointId).concurrency) this.violate(`${place}: more under way than allowed`);
    const refused = this.breakerOf(place).began(exchange.beganMs, underWay.size);
    if (refused !== null) this.violate(`${place}: ${refused}`);
    underWay.add(exchange);
    if (watched.orderingKey !== null && stands) this.oneOfItsKey(watched, exchange);
    return undefined;
  }

  private oneOfItsKey(watched: Watched, exchange: Exchange): void {
    for (const [place, others] of this.underWay) {
      if (!place.endsWith(exchange.endpointId)) continue;
      for (const other of others) {
        const its = this.watched.get(other.deliveryId);
        if (its === watched || its?.orderingKey !== watched.orderingKey || !this.holds(other)) continue;
        this.violate(`${exchange.deliveryId} and ${other.deliveryId} of one ordering key are under way together`);
      }
    }
  }

  /** The exchange's node may still believe that the delivery is its own, and rightly so. */
  private holds(exchange: Exchange): boolean {
    return !exchange.process.crashed && this.database.nodes.has(exchange.epoch);
  }

  arrived(exchange: Exchange): void {
    this.counts.received += 1;
    this.trace.add(`arrived ${exchange.deliveryId}`);
  }

  ended(exchange: Exchange): void {
    const place = `${exchange.process.name} ${exchange.endpointId}`;
    this.underWay.get(place)?.delete(exchange);
    const status = exchange.status as number;
    this.trace.add(`${exchange.process.name} got ${status} for ${exchange.deliveryId}`);
    this.breakerOf(place).ended(exchange.endedMs as number, status >= 200 && status < 300);
  }

  breakerOpened(process: Process, endpointId: string): void {
    this.trace.add(`${process.name} breaker opens ${endpointId}`);
    this.breakerOf(`${process.name} ${endpointId}`).opened(this.database.now());
  }

  endpointActive(endpointId: string): void {
    for (const [place, breaker] of this.breakers) {
      if (place.endsWith(` ${endpointId}`)) breaker.hastened(this.database.now());
    }
  }

  private breakerOf(place: string): BreakerMirror {
    let breaker = this.breakers.get(place);
    if (breaker === undefined) this.breakers.set(place, (breaker = new BreakerMirror(this.policy, clockToleranceMs)));
    return breaker;
  }

  /** The end: nothing acknowledged is lost, nothing is stuck, every attempt is on record. */
  judge(held: ReadonlySet<string>): void {
    const recorded = Map.groupBy(this.database.attempts.values(), (attempt) => attempt.deliveryId);
    for (const eventId of this.acknowledged.values()) {
      if (!this.database.events.has(eventId)) this.violate(`acknowledged ${eventId} is lost`);
    }
    for (const { row, exchanges, orderingKey } of this.watched.values()) {
      const queued = this.database.queue.get(row.id);
      if (row.state === 'pending') {
        const stuck = queued === undefined || queued.claimedBy !== null || row.owner !== null;
        if (!held.has(row.endpointId) || stuck) {
          this.violate(
            `${row.id} is stuck: owner ${row.owner}, queue ${JSON.stringify(queued ?? null)}, key ${orderingKey}`,
          );
        }
      } else if (queued !== undefined) this.violate(`${row.id} is ${row.state} and still queued`);
      if (row.state === 'succeeded' && !exchanges.some((each) => each.arrived)) {
        this.violate(`${row.id} succeeded and was never received`);
      }
      this.counts.duplicates += exchanges.filter((each) => each.arrived && !each.applied).length;
      const certain = exchanges.filter((each) => each.endedMs !== null && !each.process.crashed && !each.process.left);
      const found = recorded.get(row.id)?.length ?? 0;
      if (found < certain.length) this.violate(`${row.id} was tried ${certain.length} times, ${found} are on record`);
      if (found > exchanges.length)
        this.violate(`${row.id} has ${found} attempts on record, ${exchanges.length} were made`);
    }
  }
}
