import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, encodeCursor, pageQuery } from '../http/paging.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import type { Coverage } from '../providers/provider-profile.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { getEvent } from './get-event.ts';
import { type EventBody, getBodyByUrl, getEventBody, revealEventBody } from './get-event-body.ts';
import { listEvents } from './list-events.ts';

/** Whose body a signed URL is for. @throws Problem forbidden, when it is not signed by this Posthorn or has expired */
export type ReadBodyUrl = (url: { eventId: string; team: string; expires: string; signature: string }) => {
  teamId: string;
  eventId: string;
};

const list = 'events';
const sourcePattern = '^src_[0-7][0-9a-hjkmnp-tv-z]{25}$';
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
  origin: Nullable(
    Type.Object({
      sourceId: Type.String(),
      externalId: Nullable(Type.String(), { description: "The provider's own id of the notification." }),
      coverage: Type.Unsafe<Coverage>({
        type: 'string',
        enum: ['body', 'sender', 'fields'],
        description:
          'What its verification proves: a signature over the body, that the sender knows the secret, or a signature over some fields while the rest may be forged.',
      }),
      credential: Type.String({ description: 'The name of the credential that fitted.' }),
      seenAgain: Nullable(Type.Object({ count: Type.Integer(), lastAt: Time() }), {
        description: 'Duplicates that came later; none of them was delivered.',
      }),
    }),
    { description: 'The source it came in through; null for an event of the API.' },
  ),
});

/** Reading events. */
export function eventQueryRoutes(
  deps: ContextServices & { blobs: BlobStore; readBodyUrl: ReadBodyUrl },
): FastifyPluginAsyncTypebox {
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
              source: Type.Optional(
                Type.String({ pattern: sourcePattern, description: 'Those that came in through this source.' }),
              ),
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
        const { type, source, q, since, until, limit, cursor } = request.query;
        const { events, next } = await listEvents(contextOf(deps, request), {
          teamId: request.params.team,
          filter: {
            type,
            source,
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
          description:
            'The bytes that receivers get, with their content type. Live tokens that a provider puts in its bodies are masked, and `posthorn-redacted` says so, unless `reveal` is asked for.',
          tags,
          params: EventParams,
          querystring: Type.Object(
            { reveal: Type.Boolean({ default: false, description: 'Needs the permission `events:reveal`.' }) },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { team, id } = request.params;
        const read = request.query.reveal ? revealEventBody : getEventBody;
        const found = await read({ ...contextOf(deps, request), blobs: deps.blobs }, { teamId: team, eventId: id });
        if (found.redacted) reply.header('posthorn-redacted', 'true');
        return answerBody(reply, id, found);
      },
    );

    app.get(
      '/bodies/:id',
      {
        config: { permission: 'public' },
        schema: {
          summary: 'Fetch a body by its signed URL',
          description:
            'The `bodyUrl` that an endpoint gets in place of a body too large for it. Whoever holds the URL may fetch the body until it expires.',
          tags,
          params: Type.Object({ id: Type.String() }),
          querystring: Type.Object({ team: Type.String(), expires: Type.String(), signature: Type.String() }),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const named = deps.readBodyUrl({ eventId: id, ...request.query });
        const found = await getBodyByUrl(deps, named);
        return answerBody(reply, id, found);
      },
    );
  };
}

// A body is anybody's text: nothing in it may run in this origin.
function answerBody(reply: FastifyReply, eventId: string, { contentType, body }: EventBody) {
  return reply
    .header('content-type', contentType)
    .header('content-disposition', `attachment; filename="${eventId}"`)
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(body);
}
