import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem, problemCodes } from '../problem.ts';
import type { AcceptedEvent } from './event-draft.ts';
import { type BatchAnswer, batchMaxEvents, type EventIntake } from './event-intake.ts';

const eventMaxBytes = 1024 * 1024;
const batchMaxBytes = 16 * 1024 * 1024;

const acceptedSchema = Type.Object({
  id: Type.String({ examples: ['evt_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  type: Type.String(),
  acceptedAt: Type.String({ format: 'date-time' }),
  deliveries: Type.Integer({ description: 'How many endpoints it goes to.' }),
  duplicate: Type.Boolean({ description: 'The idempotency key was seen before; this is the first answer again.' }),
});
const eventSchema = Type.Object({
  type: Type.String({ description: 'A registered event type.', examples: ['invoice.paid'] }),
  payload: Type.Unknown({ description: 'Any JSON; sent as `data`, digit for digit.' }),
  idempotencyKey: Type.Optional(Type.String({ maxLength: 256 })),
  orderingKey: Type.Optional(Type.String({ maxLength: 256 })),
  occurredAt: Type.Optional(Type.String({ format: 'date-time' })),
});

/**
 * Posting events. The bodies are read raw: the payload's own text is what is sent, and any content type is taken.
 * The schemas here document; the use cases read and refuse by themselves.
 */
export function eventIntakeRoutes(options: { intake: EventIntake }) {
  const { intake } = options;
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    // JSON by its name too: Fastify finds a named parser without taking the header apart on every request.
    for (const type of ['application/json', '*']) {
      app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    }
    app.setValidatorCompiler(() => () => true);

    app.post(
      '/v1/teams/:team/events',
      {
        bodyLimit: eventMaxBytes,
        config: { permission: 'events:write', answersItself: true },
        schema: {
          summary: 'Post an event',
          description:
            'Answers 202 once the event and its deliveries are committed. Another content type than JSON is taken with `?type=` and sent byte for byte.',
          tags: ['Events'],
          params: Type.Object({ team: Type.String() }),
          querystring: Type.Object({
            type: Type.Optional(Type.String({ description: 'The event type, when the body is the payload itself.' })),
            orderingKey: Type.Optional(Type.String()),
          }),
          headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
          body: eventSchema,
          response: { 202: acceptedSchema },
        },
      },
      (request, reply) => {
        const { team } = request.params as { team: string };
        const query = request.query as Readonly<Record<string, unknown>>;
        const key = (request.headers['idempotency-key'] as string | undefined) ?? null;
        refuseEncoded(request);
        const accepted =
          query['type'] === undefined
            ? intake.postJson(team, jsonBody(request), key)
            : intake.postRaw(team, {
                type: oneOf(query, 'type') ?? '',
                contentType: request.headers['content-type'] ?? 'application/octet-stream',
                raw: bodyOf(request),
                idempotencyKey: key,
                orderingKey: oneOf(query, 'orderingKey'),
              });
        accepted.then(
          (event) => answerAccepted(request, reply, print(event)),
          (error: unknown) => {
            reply.send(error);
          },
        );
      },
    );

    app.post(
      '/v1/teams/:team/events/batch',
      {
        bodyLimit: batchMaxBytes,
        config: { permission: 'events:write', answersItself: true },
        schema: {
          summary: 'Post up to 1000 events',
          description: 'One transaction: all are accepted or none is. An answer each, in order.',
          tags: ['Events'],
          params: Type.Object({ team: Type.String() }),
          body: Type.Object({ events: Type.Array(eventSchema, { minItems: 1, maxItems: batchMaxEvents }) }),
          response: { 202: Type.Object({ data: Type.Array(acceptedSchema) }) },
        },
      },
      async (request, reply) => {
        const { team } = request.params as { team: string };
        refuseEncoded(request);
        refuseKeyOfBatch(request);
        const answers = await intake.postBatch(team, jsonBody(request));
        return reply
          .code(202)
          .header('content-type', 'application/json; charset=utf-8')
          .header('posthorn-request-id', request.id)
          .send(`{"data":[${answers.map(printAnswer).join(',')}]}`);
      },
    );
  };
}

// Past Fastify's serialisation and hooks, of which this route has none: a third of what answering would cost.
function answerAccepted(request: FastifyRequest, reply: FastifyReply, text: string): void {
  reply.hijack();
  const length = Buffer.byteLength(text);
  reply.raw.writeHead(202, [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(length),
    'posthorn-request-id',
    request.id,
  ]);
  reply.raw.end(text);
}

/** A query parameter that is given once; null when it is absent. */
function oneOf(query: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value ?? null;
  throw new Problem('invalid_request', `Give ${name} once.`);
}

function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

/** What is compressed would be signed and sent on as it came, without the header that says so. */
function refuseEncoded(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new Problem('unsupported_media_type', 'Bodies are taken as they are to be sent: leave Content-Encoding out.');
}

/** One key for many events would be passed over: the same batch sent twice would be accepted twice. */
function refuseKeyOfBatch(request: FastifyRequest): void {
  if (request.headers['idempotency-key'] === undefined) return;
  throw new Problem(
    'invalid_request',
    'A batch takes no Idempotency-Key: give each event an idempotencyKey of its own.',
  );
}

function jsonBody(request: FastifyRequest): Buffer {
  const contentType = request.headers['content-type'];
  if (contentType === undefined || !contentType.startsWith('application/json')) {
    throw new Problem(
      'unsupported_media_type',
      'Send application/json with {"type", "payload"}, or any content type with ?type=<event type>.',
    );
  }
  return bodyOf(request);
}

// All five values are of our own making, but for the type: one string instead of a serializer.
function print(event: AcceptedEvent): string {
  return `{"id":"${event.id}","type":${JSON.stringify(event.type)},"acceptedAt":"${new Date(event.acceptedAtMs).toISOString()}","deliveries":${event.deliveries},"duplicate":${event.duplicate}}`;
}

function printAnswer(answer: BatchAnswer): string {
  if (!('problem' in answer)) return print(answer);
  const { problem } = answer;
  return JSON.stringify({
    title: problemCodes[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
  });
}
