import { ConnectionSlots } from './connection-slots.ts';
import type { Deadlines } from './deadlines.ts';
import type { ExchangeOwner } from './exchange.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeResult } from './exchange-result.ts';
import { EgressFailure } from './exchange-result.ts';
import type { Target, Wiring } from './open-connection.ts';

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

export class PooledDestination implements Destination, ExchangeOwner {
  readonly firstByteTimeoutMs: number;
  readonly maxResponseBytes: number;
  readonly #options: DestinationOptions;
  readonly #ownHeaders: string[];
  readonly #path: string;
  readonly #slots: ConnectionSlots<Exchange> | null;
  readonly #underWay = new Set<Exchange>();
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(options: DestinationOptions) {
    this.#options = options;
    this.firstByteTimeoutMs = options.firstByteTimeoutMs;
    this.maxResponseBytes = options.maxResponseBytes;
    this.#ownHeaders = ['user-agent', options.userAgent];
    const { place, wiring, maxConnections } = options;
    this.#path = place instanceof EgressFailure ? '' : place.path;
    this.#slots = place instanceof EgressFailure ? null : new ConnectionSlots({ wiring, maxConnections, ...place });
  }

  post(headers: string[], body: Buffer, timeoutMs: number, done: (result: ExchangeResult) => void): void {
    const sent = headers.concat(this.#ownHeaders);
    const request = { path: this.#path, method: 'POST', headers: sent, body, blocking: false };
    const exchange = new Exchange(this, request, timeoutMs, done);
    this.#underWay.add(exchange);
    const { place, deadlines } = this.#options;
    if (place instanceof EgressFailure) exchange.fail(place);
    else if (this.#closing !== null) exchange.fail(new EgressFailure('reset', 'the destination is closed'));
    else {
      deadlines.add(exchange);
      this.#slots?.carry(exchange);
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
    this.#slots?.ended(exchange, clean);
    if (this.#closing !== null && this.#underWay.size === 0) this.#finishClosing();
  }

  #finishClosing(): void {
    this.#slots?.closeIdle();
    this.#options.onClosed(this);
    this.#closing?.resolve();
  }
}
