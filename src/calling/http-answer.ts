import type { ServerResponse } from 'node:http';
import type { AnswerListener, AnswerSink } from './answer-sink.ts';

/** Answers an HTTP request, past the framework. */
export class HttpAnswer implements AnswerSink {
  readonly #response: ServerResponse;
  readonly #take: () => void;
  #listener: AnswerListener | null = null;

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

  data(chunk: Buffer): boolean {
    const response = this.#response;
    const hasRoom = response.write(chunk);
    if (!hasRoom) response.once('drain', () => this.#listener?.drained());
    return hasRoom;
  }

  end(trailers: readonly string[]): void {
    const response = this.#response;
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

  /** Reset, not closed: a body without a length would end where the connection does. */
  break(): void {
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
}
