import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Carried, ConnectionSlot } from './connection-slot.ts';
import type { Timed } from './deadlines.ts';
import type { ConnectionTiming, ExchangeError, Timing } from './exchange-result.ts';
import { classifyError, EgressFailure, timingOf } from './exchange-result.ts';

/** One request to an upstream. Headers are flat (name, value, name, value), without host and length of a Buffer. */
export type UpstreamRequest = {
  method: string;
  /** With its query; begins with a slash. */
  path: string;
  headers: string[];
  /** A stream is read as fast as the server takes it, and destroyed when the exchange is over. */
  body: Buffer | Readable | null;
  /** `firstByteMs` from the request's last byte; `idleMs` without a byte in either direction; `totalMs` for everything. */
  timeouts: { firstByteMs: number; idleMs: number; totalMs: number };
};

/**
 * Who takes the answer, piece by piece, as it comes. `onHead` comes at most once (informational answers are left out),
 * exactly one of `onEnd` and `onFailure` comes last, and none of them before `exchange` has returned.
 */
export type UpstreamReceiver = {
  /** Flat, names in lower case. */
  onHead(status: number, headers: string[]): void;
  /** False: nothing more until `resume`. */
  onData(chunk: Buffer): boolean;
  /** `trailers` are flat too. */
  onEnd(trailers: string[]): void;
  /** Not after `abort`. */
  onFailure(failure: UpstreamFailure): void;
};

/** `message` holds no secret and no private address. */
export type UpstreamFailure = {
  error: ExchangeError;
  message: string;
  /** A byte of the request may have reached the server. */
  sent: boolean;
  /** The server was ready to go on when the time was up: who takes the answer did not. */
  receiverStalled: boolean;
};

const stalledAfterMs = 1_000;

/** An exchange under way. */
export type UpstreamExchange = {
  /** Goes on after `onData` said false. */
  resume(): void;
  /** Ends it and closes its connection; nothing is called back any more. */
  abort(): void;
  /** As far as it is known. */
  timing(): Timing;
};

/** What an exchange needs of the upstream it belongs to. */
type ExchangeOwner = {
  nowMs(): number;
  /** The exchange is over; `clean` says whether its connection may carry another. */
  ended(exchange: StreamedExchange, clean: boolean): void;
};

/** Undici's handler for one exchange: a single object, without a timer, a promise or a stream of its own. */
export class StreamedExchange implements Carried, Timed, UpstreamExchange {
  readonly request: Dispatcher.DispatchOptions;
  carrier: ConnectionSlot | null = null;
  deadlineMs: number;
  earlier: Timed | null = null;
  later: Timed | null = null;
  over = false;
  /** While true, a failure waits for the next microtask. */
  starting = true;

  readonly #owner: ExchangeOwner;
  readonly #receiver: UpstreamReceiver;
  readonly #timeouts: UpstreamRequest['timeouts'];
  readonly #startedAtMs: number;
  readonly #endsAtMs: number;
  #stage: 'connecting' | 'sending' | 'waiting' | 'receiving' = 'connecting';
  #controller: Dispatcher.DispatchController | null = null;
  #firstByteMs: number | null = null;
  #opened: ConnectionTiming | null = null;
  #totalMs: number | null = null;
  #isFlowing = true;
  #stoppedAtMs = 0;

  constructor(owner: ExchangeOwner, request: UpstreamRequest, receiver: UpstreamReceiver) {
    this.#owner = owner;
    this.#receiver = receiver;
    this.#timeouts = request.timeouts;
    this.#startedAtMs = owner.nowMs();
    this.#endsAtMs = this.#startedAtMs + request.timeouts.totalMs;
    this.deadlineMs = this.#endsAtMs;
    const { method, path, headers, body } = request;
    this.request = { method, path, headers, body, blocking: false };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#opened = this.carrier?.takeOpened() ?? null;
    this.#stage = 'sending';
    this.#expect(this.#timeouts.idleMs);
  }

  onBodySent(): void {
    this.#expect(this.#timeouts.idleMs);
  }

  onRequestSent(): void {
    if (this.#stage !== 'sending') return;
    this.#stage = 'waiting';
    this.#expect(this.#timeouts.firstByteMs);
  }

  onResponseStarted(): void {
    this.#firstByteMs ??= this.#owner.nowMs() - this.#startedAtMs;
    this.#expect(this.#timeouts.idleMs);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.over || status < 200) return;
    this.#stage = 'receiving';
    this.#receiver.onHead(status, flatten(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // undici hands on nothing when it goes on after a pause.
    if (this.over || chunk.length === 0) return;
    this.#expect(this.#timeouts.idleMs);
    if (this.#receiver.onData(chunk)) return;
    this.#isFlowing = false;
    this.#stoppedAtMs = this.#owner.nowMs();
    controller.pause();
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: Record<string, string | string[] | undefined>) {
    if (this.over) return;
    if (this.carrier?.wasReset === true) {
      this.fail(new EgressFailure('reset', 'the connection was lost in the middle of the answer'));
      return;
    }
    this.#end(true);
    this.#receiver.onEnd(flatten(trailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    this.fail(error);
  }

  resume(): void {
    if (this.over || this.#isFlowing) return;
    this.#isFlowing = true;
    this.#expect(this.#timeouts.idleMs);
    this.#controller?.resume();
  }

  abort(): void {
    if (!this.over) this.#end(false);
  }

  timing(): Timing {
    return timingOf(this.#opened, this.#firstByteMs, this.#totalMs ?? this.#owner.nowMs() - this.#startedAtMs);
  }

  expire(): void {
    const isLast = this.deadlineMs >= this.#endsAtMs;
    const { firstByteMs, idleMs, totalMs } = this.#timeouts;
    if (isLast) this.fail(new EgressFailure('timeout', `the exchange did not end within ${totalMs} ms`));
    else if (this.#stage !== 'waiting') this.fail(new EgressFailure('timeout', `nothing moved for ${idleMs} ms`));
    else this.fail(new EgressFailure('timeout', `no byte of an answer came within ${firstByteMs} ms`));
  }

  fail(error: unknown): void {
    if (this.over) return;
    const sent = this.#stage !== 'connecting';
    this.#opened ??= this.carrier?.takeOpened() ?? null;
    const { error: kind, message } = classifyError(error);
    // Whoever reads as fast as they can is waited for too, but never for long.
    const hasStalled =
      !this.#isFlowing &&
      this.#owner.nowMs() - this.#stoppedAtMs >= Math.min(stalledAfterMs, this.#timeouts.idleMs / 2);
    const failure = { error: kind, message, sent, receiverStalled: hasStalled && kind === 'timeout' };
    this.#end(false);
    if (this.starting) queueMicrotask(() => this.#receiver.onFailure(failure));
    else this.#receiver.onFailure(failure);
  }

  #end(clean: boolean): void {
    this.over = true;
    this.#totalMs = this.#owner.nowMs() - this.#startedAtMs;
    const { body } = this.request;
    if (body instanceof Readable) body.destroy();
    this.#owner.ended(this, clean);
  }

  #expect(withinMs: number): void {
    this.deadlineMs = Math.min(this.#owner.nowMs() + withinMs, this.#endsAtMs);
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): string[] {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') flat.push(name, value);
    else if (value !== undefined) for (const one of value) flat.push(name, one);
  }
  return flat;
}
