import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import {
  type Breaker,
  type BreakerPolicy,
  breakerRoom,
  closedBreaker,
  hastenBreaker,
  recordAttempt,
  wakeBreaker,
} from './breaker.rules.ts';
import type { Channel, DeliveryItem } from './delivery-ports.ts';
import { Fifo } from './fifo.ts';
import { fullBucket, refill, type TokenBucket, waitForToken } from './token-bucket.rules.ts';

/** Most deliveries and bytes that one lane keeps in memory; the rest waits in the database. */
export const laneMaxItems = 1024;
const laneMaxBytes = 8 * 1024 * 1024;
/** While fresh deliveries wait too, one attempt in this many may be a retry. */
const retryEvery = 4;

/**
 * Makes a delivery's request: headers, the same as they may be put on record (secrets masked), and the body.
 * @param body the event's, wherever it was kept; not read when `sendsReference` (body-reference.rules.ts) says so.
 */
export type PrepareRequest = (
  item: DeliveryItem,
  timestampSeconds: number,
  body: Buffer,
) => { headers: string[]; recorded: string; body: Buffer };

export type LaneBlock = 'status' | 'breaker' | 'concurrency' | 'rate' | 'empty' | null;

/**
 * The deliveries of one endpoint in this node's memory, fresh ones and retries apart, and everything that decides
 * whether the next one may leave: status, breaker, concurrency, token bucket.
 */
export class Lane {
  readonly endpointId: string;
  readonly teamId: string;
  readonly fresh = new Fifo<DeliveryItem>();
  readonly retries = new Fifo<DeliveryItem>();
  config: EndpointConfig;
  channel: Channel;
  prepare: PrepareRequest;
  inFlight = 0;
  /** Room promised to batches that are being committed. */
  reserved = 0;
  bytes = 0;
  breaker: Breaker;
  /** The last claim filled all the room it was given: there is probably more in the database. */
  moreWaiting = false;
  /** In the dispatcher's ring. */
  listed = false;
  wakeAt: { atMs: number; cancel(): void } | null = null;
  failingSinceMs: number | null = null;
  private bucket: TokenBucket | null;
  private picks = 0;
  private nodeShare = 1;
  private readonly breakerPolicy: BreakerPolicy;

  constructor(options: {
    config: EndpointConfig;
    channel: Channel;
    prepare: PrepareRequest;
    breakerPolicy: BreakerPolicy;
    nowMs: number;
  }) {
    this.endpointId = options.config.id;
    this.teamId = options.config.teamId;
    this.config = options.config;
    this.channel = options.channel;
    this.prepare = options.prepare;
    this.breakerPolicy = options.breakerPolicy;
    this.breaker = closedBreaker(options.nowMs);
    this.bucket =
      options.config.ratePerSecond === null ? null : fullBucket(options.config.ratePerSecond, options.nowMs);
  }

  /**
   * Takes on a changed configuration; what is in memory stays. An endpoint that was made active, or leads elsewhere, is
   * probed now: whoever mended it sees at once whether it works.
   */
  reconfigure(config: EndpointConfig, channel: Channel, prepare: PrepareRequest, nowMs: number): void {
    if (config.ratePerSecond !== this.config.ratePerSecond) {
      this.bucket = config.ratePerSecond === null ? null : fullBucket(config.ratePerSecond / this.nodeShare, nowMs);
    }
    const isMadeActive = config.status === 'active' && this.config.status !== 'active';
    if (isMadeActive || this.channel !== channel) this.breaker = hastenBreaker(this.breaker);
    this.config = config;
    if (this.channel !== channel) void this.channel.close();
    this.channel = channel;
    this.prepare = prepare;
  }

  /** Rates and concurrency are an endpoint's, not a node's: each live node takes its share. */
  shareWith(liveNodes: number): void {
    this.nodeShare = Math.max(1, liveNodes);
  }

  get concurrency(): number {
    return Math.max(1, Math.ceil(this.config.concurrency / this.nodeShare));
  }

  private get ratePerSecond(): number | null {
    return this.config.ratePerSecond === null ? null : this.config.ratePerSecond / this.nodeShare;
  }

  get waiting(): number {
    return this.fresh.length + this.retries.length;
  }

  /** How many more deliveries may come into memory now. */
  room(nowMs: number): number {
    if (this.config.status !== 'active' || this.bytes >= laneMaxBytes) return 0;
    this.breaker = wakeBreaker(this.breaker, nowMs);
    const held = this.waiting + this.reserved;
    if (this.breaker.state !== 'closed')
      return Math.max(0, breakerRoom(this.breaker, this.breakerPolicy) - held - this.inFlight);
    const rate = this.ratePerSecond;
    const limit =
      rate === null ? laneMaxItems : Math.min(laneMaxItems, Math.max(this.concurrency, Math.ceil(rate * 5)));
    return Math.max(0, limit - held);
  }

  /** Why nothing may leave now, or null when something may. */
  blockedBy(nowMs: number): LaneBlock {
    if (this.fresh.length === 0 && this.retries.length === 0) return 'empty';
    if (this.config.status !== 'active') return 'status';
    if (this.inFlight >= this.concurrency) return 'concurrency';
    if (this.breaker.state !== 'closed') {
      this.breaker = wakeBreaker(this.breaker, nowMs);
      if (this.inFlight >= breakerRoom(this.breaker, this.breakerPolicy)) return 'breaker';
    }
    const rate = this.ratePerSecond;
    if (rate !== null && this.bucket !== null) {
      this.bucket = refill(this.bucket, rate, nowMs);
      if (this.bucket.tokens < 1) return 'rate';
    }
    return null;
  }

  /** Milliseconds until the token that `blockedBy` missed. */
  tokenWaitMs(): number {
    const rate = this.ratePerSecond;
    return rate === null || this.bucket === null ? 0 : Math.max(1, waitForToken(this.bucket, rate));
  }

  /** Takes the next delivery to send. Call only when `blockedBy` is null. */
  take(): DeliveryItem {
    this.picks += 1;
    const retryTurn = this.fresh.length === 0 || (this.retries.length > 0 && this.picks % retryEvery === 0);
    const item = (retryTurn ? this.retries.shift() : this.fresh.shift()) as DeliveryItem;
    this.bytes -= item.body.length;
    this.inFlight += 1;
    if (this.bucket !== null) this.bucket = { tokens: this.bucket.tokens - 1, atMs: this.bucket.atMs };
    return item;
  }

  put(item: DeliveryItem): void {
    this.bytes += item.body.length;
    (item.fresh ? this.fresh : this.retries).push(item);
  }

  /** Counts a finished attempt. @returns true when this attempt opened the breaker. */
  record(succeeded: boolean, nowMs: number): boolean {
    const before = this.breaker.state;
    this.breaker = recordAttempt(this.breaker, succeeded, nowMs, this.breakerPolicy);
    return this.breaker.state === 'open' && before !== 'open';
  }

  /** The breaker is open again because its probe failed: nothing that was not known. Only then is it open for longer. */
  get probeFailed(): boolean {
    return this.breaker.state === 'open' && this.breaker.openedForMs > this.breakerPolicy.openMs;
  }

  /** Empties the lane: what waits in memory, to be given back to the database. */
  drain(): DeliveryItem[] {
    const items = [...this.fresh.drain(), ...this.retries.drain()];
    this.bytes = 0;
    return items;
  }

  /** Removes what has waited since before `enteredBeforeMs`. */
  drainOlderThan(enteredBeforeMs: number): DeliveryItem[] {
    const items: DeliveryItem[] = [];
    for (const queue of [this.fresh, this.retries]) {
      for (let head = queue.peek(); head !== undefined && head.enteredAtMs < enteredBeforeMs; head = queue.peek()) {
        items.push(queue.shift() as DeliveryItem);
        this.bytes -= head.body.length;
      }
    }
    return items;
  }
}
