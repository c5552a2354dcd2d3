import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../problem.ts';
import type { Answer, InboundRequest } from '../providers/provider-profile.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import { BodyBudget } from '../blobs/body-budget.ts';
import { callerAddress } from '../http/caller-address.rules.ts';
import { discardedMaxBytes, discardRest } from './discard-rest.ts';
import type { RequestHead } from './judge-head.ts';
import { readBody } from './read-body.ts';
import type { Receiver } from './receiver.ts';
import { askForBody, isSenderWaiting, letSendersWait } from './waiting-senders.ts';

/** Large bodies in memory at once, from their first byte until they are stored: of all teams, and of one. */
const budgetBytes = 24 * 1024 * 1024;
const teamBytes = 16 * 1024 * 1024;

/** The URL that providers post to. Bodies are read raw, within a bound on memory; schemas only document. */
export function inboundRoutes(options: { receiver: Receiver; monotonicMs: () => number }) {
  const { receiver, monotonicMs } = options;
  const budget = new BodyBudget({ totalBytes: budgetBytes, ownerBytes: teamBytes });

  const take = async (source: SourceConfig, request: FastifyRequest, reply: FastifyReply, head: RequestHead) => {
    const { raw } = request;
    if ((head.contentLength ?? 0) <= source.bodyMaxBytes) askForBody(raw, reply.raw);
    const reading = await readBody(raw, {
      declaredBytes: head.contentLength,
      maxBytes: source.bodyMaxBytes,
      owner: source.teamId,
      budget,
      monotonicMs,
    });
    if (reading.kind === 'aborted') return null;
    if (reading.kind === 'too-large') {
      // Whoever writes all of it before reading would find the connection closed, and no answer.
      const comes = (head.contentLength ?? 0) <= discardedMaxBytes && !isSenderWaiting(raw);
      if (comes) await discardRest(raw);
      throw receiver.tooLarge(source, head);
    }
    if (reading.kind === 'too-slow') throw new Problem('request_timeout', 'The body took too long to arrive.');
    try {
      return await receiver.receive(source, inboundOf(request, reading.body), head);
    } finally {
      reading.release();
    }
  };

  const refuse = (request: FastifyRequest, reply: FastifyReply, error: unknown): void => {
    if (error instanceof Problem) {
      if (error.code === 'request_timeout') reply.header('connection', 'close');
      if (error.code === 'method_not_allowed') reply.header('allow', receiver.methodsOf(sourceOf(request)));
    }
    reply.send(error);
    void discardRest(request.raw);
  };

  /** As the first hook, since all that Fastify does with a body comes after it: any content type is taken, or none. */
  const receive = (request: FastifyRequest, reply: FastifyReply, isSecond = false): void => {
    const coming = isSecond ? null : receiver.awaitNew(sourceOf(request));
    if (coming !== null) {
      void coming.then(() => receive(request, reply, true));
      return;
    }
    const head = headOf(request);
    let answering: ReturnType<typeof take>;
    try {
      answering = take(receiver.admit(sourceOf(request), head), request, reply, head);
    } catch (error) {
      refuse(request, reply, error);
      return;
    }
    answering.then(
      (answer) => {
        if (answer === null) {
          reply.hijack();
          return;
        }
        send(request, reply, answer);
      },
      (error: unknown) => refuse(request, reply, error),
    );
  };

  return async (app: FastifyInstance): Promise<void> => {
    letSendersWait(app.server, '/in/');
    const route = {
      url: '/in/:source',
      config: {
        permission: 'public' as const,
        answersItself: true as const,
        // What refusals become, and 503 of a source that is paused or cannot be stored.
        problems: [401, 403, 404, 405, 413, 415, 429, 503],
      },
      onRequest: (request: FastifyRequest, reply: FastifyReply): void => receive(request, reply),
      handler: (): never => {
        throw new Error('the hook before has answered');
      },
    };
    // Refused with a rejection on record, not as a path that does not exist.
    app.route({ ...route, method: ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'], schema: { hide: true } });
    app.route({
      ...route,
      method: ['POST', 'GET'],
      schema: {
        summary: 'Receive a request of a provider',
        description:
          'The URL to give to the provider. The request is verified by the scheme of the source, stored, and answered as the provider expects; a duplicate is answered like the original and not delivered again.',
        tags: ['Sources'],
        params: Type.Object({ source: Type.String() }),
      },
    });
  };
}

// Past Fastify's serialisation and hooks, as posting an event is answered.
function send(request: FastifyRequest, reply: FastifyReply, { status, contentType, body }: Answer): void {
  reply.hijack();
  const headers = ['content-length', String(Buffer.byteLength(body)), 'posthorn-request-id', request.id];
  if (contentType !== null) headers.push('content-type', contentType);
  reply.raw.writeHead(status, headers);
  reply.raw.end(body);
}

function sourceOf(request: FastifyRequest): string {
  return (request.params as { source: string }).source;
}

function headOf(request: FastifyRequest): RequestHead {
  const { headers } = request;
  const length = headers['content-length'];
  return {
    method: request.method,
    address: callerAddress(request.ip),
    host: request.host,
    contentType: headers['content-type'] ?? null,
    contentEncoding: headers['content-encoding'] ?? null,
    contentLength: length === undefined ? (headers['transfer-encoding'] === undefined ? 0 : null) : Number(length),
  };
}

/** Headers with every value that came: Node's own `headers` would join what was sent twice. */
function inboundOf(request: FastifyRequest, body: Buffer): InboundRequest {
  const { rawHeaders } = request.raw;
  const { url } = request;
  let query: URLSearchParams | null = null;
  return {
    method: request.method === 'GET' ? 'GET' : 'POST',
    headers: { get: (name) => valuesOf(rawHeaders, name) },
    get query() {
      const at = url.indexOf('?');
      query ??= new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
      return query;
    },
    body,
  };
}

/** Looked for when they are asked for: a profile reads one or two of them. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] | undefined {
  let values: string[] | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] as string;
    if (given.length !== name.length || (given !== name && given.toLowerCase() !== name)) continue;
    const value = rawHeaders[index + 1] as string;
    if (values === undefined) values = [value];
    else values.push(value);
  }
  return values;
}
