import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { readBody } from './read-body.ts';
import type { Answer, Incoming } from './receive.ts';
import { readRawHeaders } from './received-headers.rules.ts';

/**
 * A request of Node's server as the handlers take it in.
 * @param stream where the body comes from, unless it is the request itself
 */
export function fromNode(request: IncomingMessage, stream: Readable = request): Incoming {
  const { body, originalUrl } = request as IncomingMessage & { body?: unknown; originalUrl?: string };
  return {
    method: request.method ?? '',
    url: originalUrl ?? request.url ?? '/',
    headers: readRawHeaders(request.rawHeaders),
    async readBody(limits) {
      // As express.raw() leaves it.
      if (body instanceof Uint8Array) {
        const isTooLarge = body.byteLength > limits.maxBytes;
        return isTooLarge ? { state: 'too_large', ended: true } : { state: 'whole', body: Buffer.from(body) };
      }
      if (stream.readableDidRead) return null;
      const declared = request.headers['content-length'];
      return readBody(stream, declared === undefined ? null : Number(declared), limits);
    },
  };
}

export function answerNode(response: ServerResponse, { status, text, headers, close }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-length': Buffer.byteLength(text), ...answerHeaders({ headers, close }) });
  response.end(text);
}

export function answerHeaders({ headers, close }: Pick<Answer, 'headers' | 'close'>): Record<string, string> {
  return { 'content-type': 'text/plain; charset=utf-8', ...headers, ...(close ? { connection: 'close' } : {}) };
}
