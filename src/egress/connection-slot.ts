import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { ConnectionTiming } from './exchange-result.ts';
import { classifyError, EgressFailure } from './exchange-result.ts';

/** Opens a connection; see `openConnection`. */
export type Opener = (timing: ConnectionTiming, abort: AbortController) => Promise<Socket>;

/** An exchange as its connection sees it: undici's handler, and what it dispatches. */
export type Carried = Dispatcher.DispatchHandler & {
  carrier: ConnectionSlot | null;
  readonly over: boolean;
  readonly request: Dispatcher.DispatchOptions;
  /** The connection failed, or was given up. */
  fail(error: unknown): void;
};

const keepIdleMs = 4000;
const largestHeaders = 65_536;

/**
 * One connection at a time, and one exchange at a time on it. undici's Pool would do the same, but does not say which
 * connection carries which exchange: whether it was reused and what opening it took could not be recorded.
 */
export class ConnectionSlot {
  opened: ConnectionTiming | null = null;
  exchange: Carried | null = null;
  readonly #client: Client;
  #opening: AbortController | null = null;
  #socket: Socket | null = null;
  #openedAtMs: number;
  readonly #nowMs: () => number;

  constructor(origin: string, open: Opener, nowMs: () => number, onIdleClosed: (slot: ConnectionSlot) => void) {
    this.#nowMs = nowMs;
    this.#openedAtMs = nowMs();
    this.#client = new Client(origin, {
      pipelining: 1,
      allowH2: false,
      // Our own deadlines end exchanges: undici keeps no timer for one.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepIdleMs,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: largestHeaders,
      connect: (_options, callback) => {
        void this.#open(open, callback);
      },
    });
    this.#client.on('disconnect', () => {
      if (this.exchange === null) onIdleClosed(this);
    });
    const emitter: EventEmitter = this.#client;
    emitter.on('error', (error: unknown) => this.exchange?.fail(error));
  }

  /** Milliseconds since this connection, or the slot, was opened. */
  ageMs(): number {
    return this.#nowMs() - this.#openedAtMs;
  }

  /** The connection was reset: undici takes an answer without a length for whole then. */
  get wasReset(): boolean {
    return this.#socket !== null && this.#socket.errored !== null;
  }

  carry(exchange: Carried): void {
    this.exchange = exchange;
    exchange.carrier = this;
    this.#client.dispatch(exchange.request, exchange);
  }

  /** What opening the connection took, for the first exchange on it; null for the others. */
  takeOpened(): ConnectionTiming | null {
    const { opened } = this;
    this.opened = null;
    return opened;
  }

  /** Closes the connection at once, also one that is still being opened. */
  discard(): void {
    this.#opening?.abort(new EgressFailure('reset', 'the exchange was given up'));
    // Neither can fail: undici's own close handlers end whatever is left, which is over by now.
    void this.#client.destroy();
  }

  async #open(open: Opener, callback: (...result: [null, Socket] | [Error, null]) => void): Promise<void> {
    const timing: ConnectionTiming = { dnsMs: null, connectMs: null, tlsMs: null };
    const opening = new AbortController();
    this.opened = timing;
    this.#opening = opening;
    let opened: [null, Socket] | [Error, null];
    try {
      this.#socket = await open(timing, opening);
      opened = [null, this.#socket];
      this.#openedAtMs = this.#nowMs();
    } catch (error) {
      opened = [classifyError(error), null];
    }
    this.#opening = null;
    callback(...opened);
  }
}
