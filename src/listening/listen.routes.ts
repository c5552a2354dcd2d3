import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Timers } from '../delivery/delivery-ports.ts';
import type { BodyUrl } from '../delivery/request-preparation.ts';
import { subscriptionPattern } from '../endpoints/subscription.rules.ts';
import type { FeedWaitingRoom } from '../feed/feed-waiting-room.ts';
import type { Authentication } from '../http/authentication.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { TeamParams, Time } from '../http/schemas.ts';
import { translateError } from '../http/translate-error.ts';
import { Problem } from '../problem.ts';
import type { Listeners } from './listeners.ts';
import type { ListeningLine } from './listening-line.ts';
import { openListening } from './open-listening.ts';

const permission = 'feed:read';
/** For a client that does not read to take the last lines when the node stops. */
const lastLinesMs = 1_000;
const listedPatterns = new RegExp(subscriptionPattern);

const Query = Type.Object(
  {
    source: Type.Optional(Type.String({ maxLength: 64, description: 'Events that came in through this source.' })),
    endpoint: Type.Optional(Type.String({ maxLength: 64, description: 'Events that this endpoint gets.' })),
    eventTypes: Type.Optional(
      Type.String({
        maxLength: 4096,
        description: 'Only these, separated by commas; `invoice.*` is a family.',
        examples: ['invoice.paid,contract.*'],
      }),
    ),
    after: Type.Optional(
      Type.String({ maxLength: 100, description: 'The `cursor` of the last position that you have got.' }),
    ),
    since: Type.Optional(Time('Where to begin without `after`; otherwise now.')),
  },
  { additionalProperties: false },
);

/** Listening along: one connection, a line of JSON for each event. */
export function listenRoutes(
  deps: ContextServices & {
    waitingRoom: FeedWaitingRoom;
    listeners: Listeners;
    bodyUrl: BodyUrl;
    timers: Timers;
    authentication: Authentication;
    /** A stream ended with an error of the node or its database. */
    onError: (where: string, error: unknown) => void;
  },
): FastifyPluginAsyncTypebox {
  const guard = deps.authentication.guard(permission);

  /** Null while the key holds, and while nobody can tell. */
  const stillAllowed = (request: FastifyRequest, reply: FastifyReply): Promise<Problem | null> =>
    new Promise((resolve) => {
      guard(request, reply, (error) => {
        const ended = error instanceof Problem && error.code !== 'rate_limited';
        resolve(ended ? error : null);
      });
    });

  async function* written(lines: AsyncIterable<ListeningLine>): AsyncGenerator<string> {
    try {
      for await (const line of lines) yield `${JSON.stringify(line)}\n`;
    } catch (error) {
      deps.onError('listening', error);
      const { code, message } = translateError(error);
      yield `${JSON.stringify({ kind: 'end', code, detail: message } satisfies ListeningLine)}\n`;
    }
  }

  return async (app) => {
    app.get(
      '/v1/teams/:team/listen',
      {
        config: { permission },
        schema: {
          summary: 'Listen along',
          description:
            'For developing: answers with `application/x-ndjson` that does not end, a line of JSON for each event as it is accepted. A line has a `kind`: `event`; `position`, whose `cursor` takes up the stream again as `after`; `ping`, every 15 seconds; `end`, the last one, with the `code` of a problem. At least once: after taking up an event may come twice. It is no queue: who needs every event uses an endpoint or the feed.',
          tags: ['Feed'],
          params: TeamParams,
          querystring: Query,
        },
      },
      async (request, reply) => {
        const { source, endpoint, eventTypes, after, since } = request.query;
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        if (reply.raw.destroyed) gone.abort();
        const onStop = (): void => {
          const giveUp = deps.timers.after(lastLinesMs, () => reply.raw.destroy());
          gone.signal.addEventListener('abort', () => giveUp.cancel(), { once: true });
        };
        const lines = await openListening(contextOf(deps, request), {
          scope: {
            teamId: request.params.team,
            sourceId: source ?? null,
            endpointId: endpoint ?? null,
            eventTypes: eventTypes === undefined ? null : readPatterns(eventTypes),
          },
          after,
          sinceMs: since === undefined ? undefined : Date.parse(since),
          signal: gone.signal,
          onStop,
          stillAllowed: () => stillAllowed(request, reply),
        });
        return (
          reply
            .header('content-type', 'application/x-ndjson')
            // The server waits for a connection that becomes idle while it closes.
            .header('connection', 'close')
            .header('cache-control', 'no-store')
            .header('x-content-type-options', 'nosniff')
            .header('x-accel-buffering', 'no')
            .send(Readable.from(written(lines), { highWaterMark: 1 }))
        );
      },
    );
  };
}

/** @throws Problem invalid_request */
function readPatterns(text: string): string[] {
  const patterns = text.split(',').map((pattern) => pattern.trim());
  const wrong = patterns.find((pattern) => !listedPatterns.test(pattern));
  if (wrong === undefined) return patterns;
  throw new Problem('invalid_request', 'The query is not as it should be; each error says where.', {
    errors: [{ pointer: '?eventTypes', message: `"${wrong.slice(0, 60)}" is neither an event type nor a family` }],
  });
}
