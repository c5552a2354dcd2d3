import type { Reception } from '../support/journal-receiver.ts';
import { readTold } from './inbound-requests.ts';

type Payload = { mark: number | string; key?: string; orderingKey?: string; sequence?: number };

/**
 * What the receiver saw over all rounds, taken in piece by piece: which event arrived where and was answered well, in
 * what order, and what came once more. The receptions themselves are let go, so that a thousand rounds fit in memory.
 */
export class Journal {
  /** What must never be: told once by `wrongs`. */
  private found: string[] = [];
  private readonly well = new Set<string>();
  private readonly seen = new Set<string>();
  private readonly events = new Set<string>();
  private readonly eventOfMark = new Map<number | string, string>();
  private readonly lastSequence = new Map<string, number>();
  private duplicates = 0;
  private count = 0;

  /** Takes in what has been answered, and leaves what is still under way. */
  take(receptions: Reception[], everything = false): void {
    const underWay: Reception[] = [];
    for (const reception of receptions.splice(0)) {
      if (reception.status === null && !everything) underWay.push(reception);
      else this.takeOne(reception);
    }
    receptions.unshift(...underWay);
  }

  /** Receptions after the one that was answered well: what a receiver must be ready to see again. */
  get duplicateCount(): number {
    return this.duplicates;
  }

  get receptionCount(): number {
    return this.count;
  }

  arrivedWell(place: string, eventId: string): boolean {
    return this.well.has(`${place} ${eventId}`);
  }

  /** Ids of events received since the last call. */
  newEvents(): string[] {
    const events = [...this.events];
    this.events.clear();
    return events;
  }

  wrongs(): string[] {
    return this.found.splice(0);
  }

  private takeOne({ place, eventId, type, body, status }: Reception): void {
    this.count += 1;
    this.events.add(eventId);
    const id = `${place} ${eventId}`;
    if (this.well.has(id)) this.duplicates += 1;
    const first = !this.seen.has(id);
    this.seen.add(id);
    if (status === 200) this.well.add(id);
    if (!type.startsWith('posthorn.')) this.check(place, eventId, payloadOf(body), first);
  }

  // The harness repeats only what has an idempotency key, so one mark is one event, whatever happened to the post.
  private check(place: string, eventId: string, payload: Payload, first: boolean): void {
    const { mark, key, orderingKey, sequence } = payload;
    const earlier = this.eventOfMark.get(mark);
    if (earlier === undefined) this.eventOfMark.set(mark, eventId);
    else if (earlier !== eventId) this.found.push(`${key ?? `mark ${mark}`} was received as ${earlier} and ${eventId}`);

    if (!first || orderingKey === undefined || sequence === undefined || !place.endsWith('-ordered')) return;
    const last = this.lastSequence.get(`${place} ${orderingKey}`) ?? 0;
    if (sequence > last) this.lastSequence.set(`${place} ${orderingKey}`, sequence);
    else this.found.push(`${place} ${orderingKey}: ${sequence} came after ${last} (${eventId})`);
  }
}

function payloadOf(body: string): Payload {
  const told = readTold(body);
  if (told === null) return (JSON.parse(body) as { data: Payload }).data;
  const { name: mark, subject: orderingKey, sequence } = told;
  return sequence === null ? { mark } : { mark, orderingKey, sequence };
}
