import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { Problem } from '../problem.ts';
import type { AnswerListener, AnswerSink } from './answer-sink.ts';
import { noBody } from './call-body.ts';
import type { Caller, OwnAnswer } from './caller.ts';
import type { IncomingCall } from './incoming-call.ts';

/** Calls of Posthorn's own: through the same policies, their answer as a stream. */
export function createOwnCaller(
  directory: ConnectionDirectory,
  handle: (incoming: IncomingCall) => Promise<void>,
): Caller {
  return async ({ connectionId, method, path, headers = {}, origin, signal, credentialId }) => {
    const connection = directory.find(connectionId);
    if (connection === null) throw new Problem('not_found', 'There is no such connection.');
    const answer = new OwnAnswerSink();
    const leave = (): void => answer.leave();
    if (signal?.aborted === true) answer.leave();
    signal?.addEventListener('abort', leave, { once: true });
    const handled = handle({
      connection,
      apiKeyId: null,
      ...(credentialId === undefined ? {} : { credentialId }),
      origin,
      method,
      target: path,
      prefix: '',
      headers: Object.entries(headers).flat(),
      body: noBody,
      answer,
      told: [],
    }).finally(() => signal?.removeEventListener('abort', leave));
    // When the answer has begun, what ends it is told by its body.
    handled.then(
      () => answer.over(),
      (error: unknown) => answer.fail(error),
    );
    return answer.begun;
  };
}

class OwnAnswerSink implements AnswerSink {
  readonly begun: Promise<OwnAnswer>;
  readonly #begin: PromiseWithResolvers<OwnAnswer>;
  readonly #body: Readable;
  #listener: AnswerListener | null = null;
  #hasLeft = false;
  #isWhole = false;

  constructor() {
    this.#begin = Promise.withResolvers<OwnAnswer>();
    this.begun = this.#begin.promise;
    this.#body = new Readable({
      highWaterMark: 65_536,
      read: () => this.#listener?.drained(),
      destroy: (error, done) => {
        if (!this.#isWhole) this.leave();
        done(error);
      },
    });
    // It may break off before anybody reads it: whoever does then is told.
    this.#body.on('error', () => undefined);
  }

  leave(): void {
    this.#hasLeft = true;
    this.#listener?.gone();
  }

  fail(error: unknown): void {
    this.#begin.reject(error);
  }

  /** The call is over; without an answer only when whoever wanted it has left. */
  over(): void {
    this.fail(new Problem('provider_unreachable', 'The call was given up before it was answered.'));
  }

  head(status: number, flat: string[]): void {
    const headers: IncomingHttpHeaders = {};
    for (let index = 0; index + 1 < flat.length; index += 2) {
      const name = flat[index] as string;
      const before = headers[name];
      const value = flat[index + 1] as string;
      headers[name] = typeof before === 'string' ? `${before}, ${value}` : value;
    }
    const callId = headers['posthorn-call-id'];
    this.#begin.resolve({ callId: typeof callId === 'string' ? callId : '', status, headers, body: this.#body });
  }

  data(chunk: Buffer): boolean {
    return this.#body.push(chunk);
  }

  end(): void {
    this.#isWhole = true;
    this.#body.push(null);
  }

  break(): void {
    this.#isWhole = true;
    // Who left wants to hear no more of it.
    if (this.#hasLeft) this.#body.destroy();
    else this.#body.destroy(new Problem('provider_unreachable', 'The provider’s answer broke off.'));
  }

  listen(listener: AnswerListener): void {
    this.#listener = listener;
    if (this.#hasLeft) listener.gone();
  }
}
