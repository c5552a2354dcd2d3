import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { freePiece } from './free-piece.ts';

/** Read ahead while what was read before is sent. */
const aheadBytes = 262_144;

/**
 * A request's body as one exchange reads it, beginning with what was read of it before. Destroying it leaves the
 * request alone: its connection is still to be answered on.
 */
export class RelayedBody extends Readable {
  readonly #source: IncomingMessage;
  readonly #onBytes: (bytes: number) => void;
  #before: readonly Buffer[];
  #begun = false;
  /** Pieces that are to be sent or have been, oldest first; `#goneBytes` were in those before. */
  #pieces: Buffer[] = [];
  #pushedBytes = 0;
  #goneBytes = 0;
  #isHeldUp = false;

  /** @param onBytes hears of what is read beyond `before`. */
  constructor(source: IncomingMessage, before: readonly Buffer[], onBytes: (bytes: number) => void) {
    super({ highWaterMark: aheadBytes });
    this.#source = source;
    this.#before = before;
    this.#onBytes = onBytes;
  }

  /** Something of it was read: it cannot be had again. */
  get begun(): boolean {
    return this.#begun;
  }

  override _read(): void {
    if (this.#begun) {
      this.#source.resume();
      return;
    }
    this.#begun = true;
    const source = this.#source;
    for (const chunk of this.#before) this.#take(chunk);
    this.#before = [];
    if (source.readableEnded) {
      this.push(null);
      return;
    }
    source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    source.resume();
  }

  /** Who sends it has given more to its connection than that takes at once. */
  override pause(): this {
    this.#isHeldUp = true;
    return super.pause();
  }

  /** And here the connection has taken all of it (`drain`): what was handed on is in nobody's hands any more. */
  override resume(): this {
    if (this.#isHeldUp) {
      this.#isHeldUp = false;
      this.#freeHandedOn();
    }
    return super.resume();
  }

  override _destroy(_error: Error | null, done: (error: null) => void): void {
    const source = this.#source;
    source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    source.pause();
    done(null);
  }

  #take(chunk: Buffer): boolean {
    this.#pieces.push(chunk);
    this.#pushedBytes += chunk.length;
    // A connection that is never full never tells what it has taken: those are left to the collector.
    while (this.#pushedBytes - this.#goneBytes > 2 * aheadBytes) this.#goneBytes += this.#pieces.shift()?.length ?? 0;
    return this.push(chunk);
  }

  #freeHandedOn(): void {
    const handedOnBytes = this.#pushedBytes - this.readableLength;
    for (;;) {
      const [piece] = this.#pieces;
      if (piece === undefined || this.#goneBytes + piece.length > handedOnBytes) return;
      this.#pieces.shift();
      this.#goneBytes += piece.length;
      freePiece(piece);
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onBytes(chunk.length);
    if (!this.#take(chunk)) this.#source.pause();
  };
  readonly #onEnd = (): void => {
    // It closes now, but what was pushed is still to be read.
    this.#source.off('close', this.#onClose);
    this.push(null);
  };
  readonly #onClose = (): void => {
    this.destroy();
  };
}
