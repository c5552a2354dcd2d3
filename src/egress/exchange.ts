import type { Dispatcher } from 'undici';
import type { Carried, ConnectionSlot } from './connection-slot.ts';
import type { Timed } from './deadlines.ts';
import type { ConnectionTiming, ExchangeResult, Timing } from './exchange-result.ts';
import { classifyError, EgressFailure, timingOf } from './exchange-result.ts';

/** What an exchange needs of the destination it belongs to. */
export type ExchangeOwner = {
  readonly firstByteTimeoutMs: number;
  readonly maxResponseBytes: number;
  nowMs(): number;
  /** The exchange is over; `clean` says whether its connection may carry another. */
  ended(exchange: Exchange, clean: boolean): void;
};

const mostHeaders = 64;
const largestHeaders = 16_384;
const empty = Buffer.alloc(0);

/**
 * One exchange, and undici's handler for it: a single object, without streams or timers of its own. The whole-exchange
 * deadline runs from its creation, the first-byte deadline from the moment the request is written.
 */
export class Exchange implements Carried, Timed {
  readonly request: Dispatcher.DispatchOptions;
  carrier: ConnectionSlot | null = null;
  deadlineMs: number;
  earlier: Timed | null = null;
  later: Timed | null = null;
  over = false;
  /** While true, the result waits for the next microtask. */
  posting = true;

  readonly #owner: ExchangeOwner;
  readonly #done: (result: ExchangeResult) => void;
  readonly #timeoutMs: number;
  readonly #startedAtMs: number;
  #firstByteMs: number | null = null;
  #written = false;
  #opened: ConnectionTiming | null = null;
  #status = 0;
  #responseHeaders: string[] | null = null;
  #received: Buffer = empty;
  #receivedBytes = 0;

  constructor(
    owner: ExchangeOwner,
    request: Dispatcher.DispatchOptions,
    timeoutMs: number,
    done: (result: ExchangeResult) => void,
  ) {
    this.#owner = owner;
    this.request = request;
    this.#timeoutMs = timeoutMs;
    this.#done = done;
    this.#startedAtMs = owner.nowMs();
    this.deadlineMs = this.#startedAtMs + timeoutMs;
  }

  onRequestStart(): void {
    this.#written = true;
    this.#takeOpened();
    const firstByteAtMs = this.#owner.nowMs() + this.#owner.firstByteTimeoutMs;
    if (firstByteAtMs < this.deadlineMs) this.deadlineMs = firstByteAtMs;
  }

  onResponseStarted(): void {
    if (this.#firstByteMs !== null) return;
    this.#firstByteMs = this.#owner.nowMs() - this.#startedAtMs;
    this.deadlineMs = this.#startedAtMs + this.#timeoutMs;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#responseHeaders = flatten(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    const limit = this.#owner.maxResponseBytes;
    const size = this.#receivedBytes + chunk.length;
    if (size > limit) {
      this.#keep(chunk.subarray(0, limit - this.#receivedBytes));
      this.#respond(true);
    } else {
      this.#keep(chunk);
    }
  }

  onResponseEnd(): void {
    if (!this.over) this.#respond(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    this.fail(error);
  }

  expire(): void {
    if (!this.#written) this.fail(new EgressFailure('timeout', `not connected within ${this.#timeoutMs} ms`));
    else if (this.#firstByteMs !== null) {
      this.fail(new EgressFailure('timeout', `the response did not end within ${this.#timeoutMs} ms`));
    } else this.fail(new EgressFailure('timeout', 'no byte of a response came in time'));
  }

  fail(error: unknown): void {
    if (this.over) return;
    this.#takeOpened();
    const { error: kind, message } = classifyError(error);
    this.#end(false, {
      kind: 'failure',
      error: kind,
      message,
      stage: this.#written ? 'during' : 'before',
      reusedConnection: this.#written && this.#opened === null,
      timing: this.#timing(),
      ...(this.#responseHeaders === null
        ? {}
        : { partial: { status: this.#status, headers: this.#responseHeaders, body: this.#body() } }),
    });
  }

  #respond(truncated: boolean): void {
    this.#end(!truncated, {
      kind: 'response',
      status: this.#status,
      headers: this.#responseHeaders ?? [],
      body: this.#body(),
      bodyTruncated: truncated,
      reusedConnection: this.#opened === null,
      timing: this.#timing(),
    });
  }

  #end(clean: boolean, result: ExchangeResult): void {
    this.over = true;
    this.#owner.ended(this, clean);
    if (this.posting) queueMicrotask(() => this.#deliver(result));
    else this.#deliver(result);
  }

  #deliver(result: ExchangeResult): void {
    try {
      this.#done(result);
    } catch (error) {
      // undici would swallow it: it is the caller's own error and must be seen.
      process.nextTick(() => {
        throw error;
      });
    }
  }

  /** The first chunk is kept as it is; more are copied together, so that tiny chunks cannot hoard memory. */
  #keep(chunk: Buffer): void {
    const used = this.#receivedBytes;
    const size = used + chunk.length;
    if (used === 0) this.#received = chunk;
    else {
      if (used === this.#received.length || size > this.#received.length) {
        const room = Math.max(size, Math.min(this.#owner.maxResponseBytes, Math.max(4096, size * 2)));
        const larger = Buffer.allocUnsafeSlow(room);
        this.#received.copy(larger, 0, 0, used);
        this.#received = larger;
      }
      chunk.copy(this.#received, used);
    }
    this.#receivedBytes = size;
  }

  #body(): Buffer {
    const bytes = this.#receivedBytes;
    return this.#received.length === bytes ? this.#received : this.#received.subarray(0, bytes);
  }

  #takeOpened(): void {
    this.#opened ??= this.carrier?.takeOpened() ?? null;
  }

  #timing(): Timing {
    return timingOf(this.#opened, this.#firstByteMs, this.#owner.nowMs() - this.#startedAtMs);
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): string[] {
  const flat: string[] = [];
  let size = 0;
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') {
      size += name.length + value.length;
      if (size > largestHeaders || flat.length >= mostHeaders * 2) return flat;
      flat.push(name, value);
    } else if (value !== undefined) {
      for (const one of value) {
        size += name.length + one.length;
        if (size > largestHeaders || flat.length >= mostHeaders * 2) return flat;
        flat.push(name, one);
      }
    }
  }
  return flat;
}
