import type { ServerResponse } from 'node:http';
import type { AnswerListener, AnswerSink } from './answer-sink.ts';
import { freePiece } from './free-piece.ts';

/** So much is written together; less waits for the end of the turn. Each write costs a packet and wakes the caller. */
const togetherBytes = 131_072;
/** What the caller has not taken may be so much. It is read on meanwhile, so that neither side waits for the other. */
const mostWaitingBytes = 262_144;
/** Up to so much, copying a body behind its head costs less than writing two pieces: 10 us of a call (2 cores). */
const copiedBytes = 16_384;

/** Answers an HTTP request, past the framework. */
export class HttpAnswer implements AnswerSink {
  readonly #response: ServerResponse;
  readonly #take: () => void;
  #listener: AnswerListener | null = null;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #freeable: Buffer[] = [];
  #waitingBytes = 0;
  #isFull = false;
  #flushing: NodeJS.Immediate | null = null;

  /** @param take the answer begins: nobody else may answer any more */
  constructor(response: ServerResponse, take: () => void) {
    this.#response = response;
    this.#take = take;
  }

  head(status: number, headers: string[]): void {
    // It throws at what HTTP cannot carry: then somebody else answers.
    this.#response.writeHead(status, headers);
    this.#take();
  }

  data(chunk: Buffer, mayFree: boolean): boolean {
    this.#pieces.push(chunk);
    if (mayFree) this.#freeable.push(chunk);
    this.#pieceBytes += chunk.length;
    this.#waitingBytes += chunk.length;
    if (this.#pieceBytes >= togetherBytes) this.#write();
    else this.#flushing ??= setImmediate(() => this.#write());
    this.#isFull = this.#waitingBytes >= mostWaitingBytes;
    return !this.#isFull;
  }

  end(trailers: readonly string[]): void {
    const response = this.#response;
    if (this.#endTogether()) return;
    this.#write();
    // Only chunks have room for them.
    if (trailers.length > 0 && response.chunkedEncoding) {
      const pairs: [string, string][] = [];
      for (let index = 0; index + 1 < trailers.length; index += 2) {
        pairs.push([trailers[index] as string, trailers[index + 1] as string]);
      }
      response.addTrailers(pairs);
    }
    response.end();
  }

  /** A small body goes with its head, as one text. False: there is more to it. */
  #endTogether(): boolean {
    const response = this.#response;
    const [body] = this.#pieces;
    const isAll = this.#pieces.length === 1 && body?.length === this.#waitingBytes;
    if (!isAll || body.length > copiedBytes || response.chunkedEncoding) return false;
    const isFreeable = this.#freeable.length > 0;
    this.#forget();
    response.end(body.toString('latin1'), 'latin1');
    if (isFreeable) freePiece(body);
    return true;
  }

  /** Reset, not closed: a body without a length would end where the connection does. */
  break(): void {
    this.#forget();
    this.#take();
    const { socket } = this.#response;
    if (socket === null) this.#response.destroy();
    else socket.resetAndDestroy();
  }

  listen(listener: AnswerListener): void {
    const response = this.#response;
    if (response.destroyed) {
      listener.gone();
      return;
    }
    this.#listener = listener;
    response.on('close', () => {
      if (!response.writableFinished) listener.gone();
    });
  }

  #write(): void {
    const response = this.#response;
    const [pieces, bytes, freeable] = [this.#pieces, this.#pieceBytes, this.#freeable];
    this.#forget();
    const last = pieces.pop();
    if (last === undefined) return;
    response.cork();
    for (const piece of pieces) response.write(piece);
    response.write(last, (error) => {
      // What was not written may be with the kernel yet, and nobody goes on.
      if (error !== null && error !== undefined) return;
      for (const piece of freeable) freePiece(piece);
      this.#waitingBytes -= bytes;
      if (!this.#isFull || this.#waitingBytes >= mostWaitingBytes) return;
      this.#isFull = false;
      this.#listener?.drained();
    });
    response.uncork();
  }

  #forget(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#freeable = [];
  }
}
