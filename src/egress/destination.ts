import { ConnectionSlot } from './connection-slot.ts';
import type { Deadlines } from './deadlines.ts';
import type { ExchangeOwner } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeResult } from './exchange-result.ts';
import { EgressFailure } from './exchange-result.ts';
import type { Target, Wiring } from './open-connection.ts';
import { openConnection } from './open-connection.ts';

/** One URL and the connections to it, used by one endpoint alone. */
export type Destination = {
  /**
   * Sends one POST. `headers` is flat (name, value, name, value); host, length and user agent are added. `done` is
   * called exactly once, never before `post` returns, and may call `post`.
   */
  post(headers: string[], body: Buffer, timeoutMs: number, done: (result: ExchangeResult) => void): void;
  /** Takes no more exchanges, waits for those under way, and closes the connections. */
  close(): Promise<void>;
};

export type DestinationOptions = {
  wiring: Wiring;
  deadlines: Deadlines;
  /** Where to, or why not: then every exchange fails with this. */
  place: { origin: string; path: string; target: Target } | EgressFailure;
  maxConnections: number;
  firstByteTimeoutMs: number;
  maxResponseBytes: number;
  userAgent: string;
  onClosed: (destination: PooledDestination) => void;
};

/** A connection older than this is not used again, so that a changed name or policy takes effect under steady load. */
const oldestConnectionMs = 300_000;

export class PooledDestination implements Destination, ExchangeOwner {
  readonly firstByteTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly #options: DestinationOptions;
  readonly #ownHeaders: string[];
  readonly #free: ConnectionSlot[] = [];
  readonly #waiting: Exchange[] = [];
  readonly #underWay = new Set<Exchange>();
  #slots = 0;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(options: DestinationOptions) {
    this.#options = options;
    this.firstByteTimeoutMs = options.firstByteTimeoutMs;
    this.maxResponseBytes = options.maxResponseBytes;
    this.#ownHeaders = ['user-agent', options.userAgent];
  }

  post(headers: string[], body: Buffer, timeoutMs: number, done: (result: ExchangeResult) => void): void {
    const exchange = new Exchange(this, headers.concat(this.#ownHeaders), body, timeoutMs, done);
    this.#underWay.add(exchange);
    const { place, maxConnections, deadlines } = this.#options;
    if (place instanceof EgressFailure) exchange.fail(place);
    else if (this.#closing !== null) exchange.fail(new EgressFailure('reset', 'the destination is closed'));
    else {
      deadlines.add(exchange);
      if (this.#free.length > 0 || this.#slots < maxConnections) this.#start(exchange);
      else this.#waiting.push(exchange);
    }
    exchange.posting = false;
  }

  close(): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    this.#closing = Promise.withResolvers<void>();
    const { promise } = this.#closing;
    if (this.#underWay.size === 0) this.#finishClosing();
    return promise;
  }

  /** Closes at once: exchanges under way fail as `reset`. */
  abort(): Promise<void> {
    const closed = this.close();
    for (const exchange of this.#underWay) exchange.fail(new EgressFailure('reset', 'the gateway is shutting down'));
    return closed;
  }

  nowMs(): number {
    return this.#options.wiring.nowMs();
  }

  ended(exchange: Exchange, clean: boolean): void {
    this.#options.deadlines.remove(exchange);
    this.#underWay.delete(exchange);
    const slot = exchange.carrier;
    if (slot instanceof ConnectionSlot) {
      slot.exchange = null;
      if (clean) this.#free.push(slot);
      else {
        this.#slots -= 1;
        slot.discard();
      }
      this.#startWaiting();
    }
    if (this.#closing !== null && this.#underWay.size === 0) this.#finishClosing();
  }

  #startWaiting(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.over) continue;
      this.#start(next);
      return;
    }
  }

  /** The connection used last is taken first, so that the others can idle out. */
  #start(exchange: Exchange): void {
    const { place } = this.#options;
    if (place instanceof EgressFailure) return;
    let slot = this.#free.pop();
    if (slot !== undefined && slot.ageMs() > oldestConnectionMs) {
      this.#slots -= 1;
      slot.discard();
      slot = undefined;
    }
    slot ??= this.#createSlot(place.origin, place.target);
    slot.carry(exchange, place.path);
  }

  #createSlot(origin: string, target: Target): ConnectionSlot {
    const { wiring } = this.#options;
    this.#slots += 1;
    return new ConnectionSlot(
      origin,
      (timing, abort) => openConnection(wiring, target, timing, abort),
      wiring.nowMs,
      (idle) => this.#drop(idle),
    );
  }

  #drop(idle: ConnectionSlot): void {
    const at = this.#free.indexOf(idle);
    if (at === -1) return;
    this.#free.splice(at, 1);
    this.#slots -= 1;
    idle.discard();
  }

  #finishClosing(): void {
    this.#slots -= this.#free.length;
    for (const slot of this.#free.splice(0)) slot.discard();
    this.#options.onClosed(this);
    this.#closing?.resolve();
  }
}
