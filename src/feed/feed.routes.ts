import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, TeamParams, Time } from '../http/schemas.ts';
import type { BodyUrl } from '../delivery/request-preparation.ts';
import type { FeedWaitingRoom } from './feed-waiting-room.ts';
import { readFeed } from './read-feed.ts';

const FeedEvent = Type.Object({
  id: Type.String({ examples: ['evt_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  type: Type.String(),
  contentType: Type.String(),
  orderingKey: Nullable(Type.String()),
  occurredAt: Nullable(Time()),
  acceptedAt: Time(),
  sourceId: Nullable(Type.String(), { description: 'The source it came in through; null for an event of the API.' }),
  body: Type.Object({
    encoding: Type.Unsafe<'utf-8' | 'base64' | 'url'>({
      type: 'string',
      enum: ['utf-8', 'base64', 'url'],
      description: '`url`: the body is large; `content` is where to fetch it, good for an hour.',
    }),
    content: Type.String(),
    sizeBytes: Type.Integer(),
    truncated: Type.Boolean({ description: 'Never, in the feed.' }),
  }),
});

/** The polling feed. */
export function feedRoutes(
  deps: ContextServices & { waitingRoom: FeedWaitingRoom; bodyUrl: BodyUrl },
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/teams/:team/feed',
      {
        config: { permission: 'feed:read' },
        schema: {
          summary: 'Poll for events',
          description:
            'For consumers that cannot expose an endpoint. Events come in the order of their ids, about three seconds after their acceptance. Ask again with `nextCursor` once you have handled a page: passing it commits it, and an older one rewinds. Without a cursor you go on after what was committed last, and get again what was not. At least once: two pollers of one consumer may both get an event.',
          tags: ['Feed'],
          params: TeamParams,
          querystring: Type.Object(
            {
              consumer: Type.String({
                pattern: '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$',
                description: 'Your name; each consumer has a position of its own.',
              }),
              limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
              cursor: Type.Optional(
                Type.String({ maxLength: 100, description: 'The `nextCursor` that you have handled.' }),
              ),
              since: Type.Optional(
                Time(
                  'Where a new consumer starts; otherwise at the oldest event. Without effect on one that has started.',
                ),
              ),
              eventTypes: Type.Optional(
                Type.String({
                  maxLength: 4096,
                  description: 'Only these, separated by commas.',
                  examples: ['a.b,a.c'],
                }),
              ),
              waitSeconds: Type.Integer({
                minimum: 0,
                maximum: 30,
                default: 0,
                description: 'How long to wait for an event when there is none.',
              }),
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              data: Type.Array(FeedEvent),
              nextCursor: Type.String({ description: 'Always there: with it you go on, also after an empty page.' }),
            }),
          },
        },
      },
      async (request, reply) => {
        const { consumer, limit, cursor, since, eventTypes, waitSeconds } = request.query;
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const page = await readFeed(contextOf(deps, request), {
          teamId: request.params.team,
          consumer,
          limit,
          cursor,
          sinceMs: since === undefined ? undefined : Date.parse(since),
          eventTypes: eventTypes?.split(',').map((type) => type.trim()),
          waitMs: waitSeconds * 1000,
          signal: gone.signal,
        });
        return { data: page.events, nextCursor: page.cursor };
      },
    );
  };
}
