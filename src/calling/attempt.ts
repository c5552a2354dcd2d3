import type { Timing } from '../egress/exchange-result.ts';
import type { Upstream } from '../egress/upstream.ts';
import type {
  UpstreamExchange,
  UpstreamFailure,
  UpstreamReceiver,
  UpstreamRequest,
} from '../egress/upstream-exchange.ts';

/** Enough of an answer to see what went wrong: what a profile reads of a failure. */
export const heldMostBytes = 65_536;

export type TryResult =
  /** The answer was handed on, whole. */
  | { kind: 'answered' }
  /** An answer that may not be the last: its beginning is held back until `pass`. */
  | { kind: 'held'; status: number; headers: string[] }
  /** `status` null: not even a head came. */
  | { kind: 'failed'; failure: UpstreamFailure; status: number | null; wasPassed: boolean }
  | { kind: 'given up' };

/** Who takes what a try brings. */
export type AnswerTaker = {
  /** False: hold the answer back. What it throws breaks the try off. */
  head(status: number, headers: string[]): boolean;
  /** False: it is full. */
  data(chunk: Buffer): boolean;
  end(trailers: string[]): void;
};

/** One try of a call: an exchange whose answer is handed on as it comes, or held back until somebody has decided. */
export class Attempt implements UpstreamReceiver {
  readonly #taker: AnswerTaker;
  readonly #exchange: UpstreamExchange;
  #settle: (result: TryResult) => void = () => undefined;
  #mode: 'waiting' | 'passing' | 'holding' | 'full' = 'waiting';
  #status: number | null = null;
  #headers: string[] = [];
  #held: Buffer[] = [];
  #heldBytes = 0;
  #last: TryResult | null = null;
  #trailers: string[] | null = null;

  constructor(upstream: Upstream, request: UpstreamRequest, taker: AnswerTaker) {
    this.#taker = taker;
    this.#exchange = upstream.exchange(request, this);
  }

  /** Settles when the answer has passed, is held, or failed. */
  result(): Promise<TryResult> {
    return new Promise((resolve) => {
      if (this.#last === null) this.#settle = resolve;
      else resolve(this.#last);
    });
  }

  /** Hands on what was held, and the rest as it comes. */
  pass(): Promise<TryResult> {
    const held = this.#held;
    this.#held = [];
    this.#mode = 'passing';
    let isFull = false;
    for (const chunk of held) isFull = !this.#taker.data(chunk) || isFull;
    if (this.#trailers !== null) {
      this.#taker.end(this.#trailers);
      return Promise.resolve({ kind: 'answered' });
    }
    if (this.#last?.kind === 'held') this.#last = null;
    const result = this.result();
    if (!isFull) this.#exchange.resume();
    return result;
  }

  /** The taker has room again. */
  drained(): void {
    if (this.#mode === 'passing') this.#exchange.resume();
  }

  /** Ends it where it is, and closes its connection unless the answer had come whole. */
  giveUp(): void {
    this.#exchange.abort();
    this.#end({ kind: 'given up' });
  }

  /** What was held of the body. */
  get head(): Buffer {
    return this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
  }

  timing(): Timing {
    return this.#exchange.timing();
  }

  onHead(status: number, headers: string[]): void {
    this.#status = status;
    this.#headers = headers;
    try {
      this.#mode = this.#taker.head(status, headers) ? 'passing' : 'holding';
    } catch {
      this.#exchange.abort();
      const message = 'the answer has a head that cannot be handed on';
      this.onFailure({ error: 'http', message, sent: true, receiverStalled: false });
    }
  }

  onData(chunk: Buffer): boolean {
    if (this.#mode === 'passing') return this.#taker.data(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#mode === 'full') return false;
    if (this.#heldBytes < heldMostBytes) return true;
    this.#hold();
    return false;
  }

  onEnd(trailers: string[]): void {
    if (this.#mode === 'passing') {
      this.#taker.end(trailers);
      this.#end({ kind: 'answered' });
      return;
    }
    this.#trailers = trailers;
    if (this.#mode === 'holding') this.#hold();
  }

  onFailure(failure: UpstreamFailure): void {
    this.#end({ kind: 'failed', failure, status: this.#status, wasPassed: this.#mode === 'passing' });
  }

  #hold(): void {
    this.#mode = 'full';
    this.#end({ kind: 'held', status: this.#status ?? 0, headers: this.#headers });
  }

  /** The first result is told; one that comes while an answer is held is told when it passes. */
  #end(result: TryResult): void {
    if (this.#last !== null && this.#last.kind !== 'held') return;
    this.#last = result;
    this.#settle(result);
  }
}
