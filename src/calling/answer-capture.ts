import type { KeptBytes } from './kept-bytes.ts';

/** A copy of an answer's body as it passes, as long as it is not too large and there is room for it. */
export class AnswerCapture {
  readonly #limitBytes: number;
  readonly #room: KeptBytes;
  #chunks: Buffer[] | null = [];
  #bytes = 0;

  constructor(limitBytes: number, room: KeptBytes) {
    this.#limitBytes = limitBytes;
    this.#room = room;
  }

  /** @returns whether the chunk is kept */
  add(chunk: Buffer): boolean {
    if (this.#chunks === null) return false;
    if (this.#bytes + chunk.length > this.#limitBytes || !this.#room.take(chunk.length)) {
      this.release();
      return false;
    }
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    return true;
  }

  /** The whole body; null when it did not fit. */
  whole(): Buffer | null {
    if (this.#chunks === null) return null;
    return this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks, this.#bytes);
  }

  release(): void {
    if (this.#chunks === null) return;
    this.#room.give(this.#bytes);
    this.#chunks = null;
  }
}
