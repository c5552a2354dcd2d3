import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * A request's body as one exchange reads it, beginning with what was read of it before. Destroying it leaves the
 * request alone: its connection is still to be answered on.
 */
export class RelayedBody extends Readable {
  readonly #source: IncomingMessage;
  readonly #onBytes: (bytes: number) => void;
  #before: readonly Buffer[];
  #begun = false;

  /** @param onBytes hears of what is read beyond `before`. */
  constructor(source: IncomingMessage, before: readonly Buffer[], onBytes: (bytes: number) => void) {
    super({ highWaterMark: 65_536 });
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
    for (const chunk of this.#before) this.push(chunk);
    this.#before = [];
    if (source.readableEnded) {
      this.push(null);
      return;
    }
    source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    source.resume();
  }

  override _destroy(_error: Error | null, done: (error: null) => void): void {
    const source = this.#source;
    source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    source.pause();
    done(null);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onBytes(chunk.length);
    if (!this.push(chunk)) this.#source.pause();
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
