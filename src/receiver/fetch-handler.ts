import { readBody } from './read-body.ts';
import { createReception } from './receive.ts';
import { readHeaders } from './received-headers.rules.ts';
import type { ReceiverOptions } from './receiver-options.ts';

/** A handler of web requests, as Hono, Next, Deno and Bun call it. */
export type FetchHandler = ((request: Request) => Promise<Response>) & {
  /** Resolves when no request and no event is being worked on: await it before the process ends. */
  idle: () => Promise<void>;
};

/**
 * Receives webhooks where requests are web `Request`s: `export const POST = fetchHandler({ secret, onEvent })`.
 * @throws TypeError for options that cannot be used, among them a secret that is none
 */
export function fetchHandler(options: ReceiverOptions): FetchHandler {
  const reception = createReception(options);
  const handler = async (request: Request): Promise<Response> => {
    const { status, text, headers } = await reception.answer({
      method: request.method,
      url: request.url,
      headers: readHeaders(request.headers),
      async readBody(limits) {
        if (request.bodyUsed || request.body?.locked === true) return null;
        if (request.body === null) return { state: 'whole', body: Buffer.alloc(0) };
        const declared = request.headers.get('content-length');
        // What a bound leaves of the body is the server's to drop: to cancel it would end the connection under the answer.
        const reader = request.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
        return readBody(chunksOf(reader), declared === null ? null : Number(declared), limits);
      },
    });
    return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
  };
  return Object.assign(handler, { idle: reception.idle });
}

function chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const { done, value } = await reader.read();
        return done || value === undefined ? { done: true, value: undefined } : { done: false, value };
      },
    }),
  };
}
