import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodeCursor, encodeCursor, pageQuery } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { getEvent } from './get-event.ts';
import { getEventBody } from './get-event-body.ts';
import { listEvents } from './list-events.ts';

const list = 'events';
const tags = ['Events'];
const EventParams = Type.Object({ ...TeamParams.properties, id: Type.String() });
const Event = Type.Object({
  id: Type.String({ examples: ['evt_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  type: Type.String(),
  contentType: Type.String(),
  sizeBytes: Type.Integer({ description: 'Size of the body.' }),
  orderingKey: Nullable(Type.String()),
  occurredAt: Nullable(Time()),
  acceptedAt: Time(),
});

/** Reading events. */
export function eventQueryRoutes(deps: ContextServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/teams/:team/events',
      {
        config: { permission: 'events:read' },
        schema: {
          summary: 'List events',
          description:
            'Newest first. A page may hold fewer than `limit`, or none, while `nextCursor` is not null: types and text are searched for in a bounded number of events at a time.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            {
              ...pageQuery,
              type: Type.Optional(Text(128)),
              q: Type.Optional(
                Text(256, {
                  description:
                    'The beginning of an id (`evt_...`), or else a whole ordering key, or text in the first 64 kB of the body, letter for letter; 2,000 events a page are searched.',
                }),
              ),
              since: Type.Optional(Time('Accepted at or after.')),
              until: Type.Optional(Time('Accepted before.')),
            },
            { additionalProperties: false },
          ),
          response: { 200: Page(Event) },
        },
      },
      async (request) => {
        const { type, q, since, until, limit, cursor } = request.query;
        const { events, next } = await listEvents(contextOf(deps, request), {
          teamId: request.params.team,
          filter: {
            type,
            q,
            sinceMs: since === undefined ? undefined : Date.parse(since),
            untilMs: until === undefined ? undefined : Date.parse(until),
          },
          limit,
          after: decodeCursor(list, cursor, (position) => isId(idPrefixes.event, position)),
        });
        return { data: events, nextCursor: next === null ? null : encodeCursor(list, next) };
      },
    );

    app.get(
      '/v1/teams/:team/events/:id',
      {
        config: { permission: 'events:read' },
        schema: { summary: 'Show an event', tags, params: EventParams, response: { 200: Event } },
      },
      (request) => getEvent(contextOf(deps, request), { teamId: request.params.team, eventId: request.params.id }),
    );

    app.get(
      '/v1/teams/:team/events/:id/body',
      {
        config: { permission: 'events:read' },
        schema: {
          summary: 'Download the body of an event',
          description: 'The bytes that receivers get, with their content type.',
          tags,
          params: EventParams,
        },
      },
      async (request, reply) => {
        const { team, id } = request.params;
        const { contentType, body } = await getEventBody(contextOf(deps, request), { teamId: team, eventId: id });
        return reply
          .header('content-type', contentType)
          .header('content-disposition', `attachment; filename="${id}"`)
          .header('x-content-type-options', 'nosniff')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .send(body);
      },
    );
  };
}
