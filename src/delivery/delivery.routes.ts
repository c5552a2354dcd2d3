import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodeCursor, encodeCursor, pageQuery } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { cancelDelivery } from './cancel-delivery.ts';
import { type DeliveryState, deliveryStates } from './delivery-filter.ts';
import { getDelivery } from './get-delivery.ts';
import { listDeliveries } from './list-deliveries.ts';
import { type OnQueued, resendDelivery } from './resend-delivery.ts';
import { type AcceptEvent, testEndpoint } from './test-endpoint.ts';

const list = 'deliveries';
const tags = ['Deliveries'];
const DeliveryParams = Type.Object({ ...TeamParams.properties, id: Type.String() });

const State = Type.Unsafe<DeliveryState>({
  type: 'string',
  enum: [...deliveryStates],
  description: 'held: pending while its endpoint is paused or disabled.',
});
const Milliseconds = Nullable(Type.Number());
const Headers = Type.Array(Type.Object({ name: Type.String(), value: Type.String() }));
const Body = Nullable(
  Type.Object({
    encoding: Type.Unsafe<'utf-8' | 'base64'>({ type: 'string', enum: ['utf-8', 'base64'] }),
    content: Type.String(),
    sizeBytes: Type.Integer(),
    truncated: Type.Boolean({
      description:
        '`content` is only the beginning: 64 kB at most, or what had come of an answer when the attempt failed.',
    }),
  }),
);

const summary = {
  id: Type.String({ examples: ['dlv_01kajxkkj8ffkr1g8xs6a3ek0s'] }),
  eventId: Type.String(),
  eventType: Nullable(Type.String(), { description: 'Null when the event is past retention.' }),
  endpointId: Type.String(),
  state: State,
  attemptCount: Type.Integer({ description: 'Attempts made, over all cycles.' }),
  lastStatus: Nullable(Type.Integer()),
  lastError: Nullable(Type.String({ description: 'dns, tls, connect, timeout, reset, blocked or http.' })),
  inFlight: Type.Boolean({ description: 'A node has it in memory and sends it as soon as the endpoint has room.' }),
  nextAttemptAt: Nullable(Time(), {
    description: 'Null when settled, held, in flight, or waiting for an earlier one of its ordering key.',
  }),
  createdAt: Time(),
  settledAt: Nullable(Time()),
};
const Delivery = Type.Object({
  ...summary,
  attempts: Type.Array(
    Type.Object({
      id: Type.String(),
      number: Type.Integer(),
      startedAt: Time(),
      status: Nullable(Type.Integer()),
      error: Nullable(Type.String()),
      errorMessage: Nullable(Type.String()),
      request: Type.Object({
        url: Nullable(Type.String(), {
          description: 'Where it was sent to. Null when the request could not be made, or was recorded without it.',
        }),
        headers: Headers,
        body: Body,
      }),
      response: Nullable(Type.Object({ headers: Headers, body: Body })),
      timing: Type.Object({
        dnsMs: Milliseconds,
        connectMs: Milliseconds,
        tlsMs: Milliseconds,
        firstByteMs: Milliseconds,
        totalMs: Type.Number(),
      }),
    }),
    { description: 'The latest 50, oldest first.' },
  ),
});

/** Reading, resending and cancelling deliveries, and sending tests. */
export function deliveryRoutes(
  deps: ContextServices & { onQueued: OnQueued; acceptEvent: AcceptEvent },
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/teams/:team/deliveries',
      {
        config: { permission: 'deliveries:read' },
        schema: {
          summary: 'List deliveries',
          description:
            'Newest first. A page may hold fewer than `limit`, or none, while `nextCursor` is not null: rare deliveries among many are searched for a bounded number of rows at a time.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            {
              ...pageQuery,
              state: Type.Optional(State),
              endpoint: Type.Optional(Type.String({ pattern: '^ep_[0-7][0-9a-hjkmnp-tv-z]{25}$' })),
              event: Type.Optional(Type.String({ pattern: '^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$' })),
              eventType: Type.Optional(Text(128)),
              since: Type.Optional(Time('Accepted at or after.')),
              until: Type.Optional(Time('Accepted before.')),
            },
            { additionalProperties: false },
          ),
          response: { 200: Page(Type.Object(summary)) },
        },
      },
      async (request) => {
        const { state, endpoint, event, eventType, since, until, limit, cursor } = request.query;
        const { deliveries, next } = await listDeliveries(contextOf(deps, request), {
          teamId: request.params.team,
          filter: {
            states: state === undefined ? undefined : [state],
            endpointId: endpoint,
            eventIds: event === undefined ? undefined : [event],
            eventType,
            sinceMs: since === undefined ? undefined : Date.parse(since),
            untilMs: until === undefined ? undefined : Date.parse(until),
          },
          limit,
          after: decodeCursor(list, cursor, (position) => isId(idPrefixes.delivery, position)),
        });
        return { data: deliveries, nextCursor: next === null ? null : encodeCursor(list, next) };
      },
    );

    app.get(
      '/v1/teams/:team/deliveries/:id',
      {
        config: { permission: 'deliveries:read' },
        schema: {
          summary: 'Show a delivery with its attempts',
          tags,
          params: DeliveryParams,
          response: { 200: Delivery },
        },
      },
      (request) =>
        getDelivery(contextOf(deps, request), { teamId: request.params.team, deliveryId: request.params.id }),
    );

    app.post(
      '/v1/teams/:team/deliveries/:id/resend',
      {
        config: { permission: 'deliveries:write' },
        schema: {
          summary: 'Resend a delivery',
          description: 'Due now, in a new cycle of its retry schedule, whatever its state. 409 while it is in flight.',
          tags,
          params: DeliveryParams,
          response: { 200: Delivery },
        },
      },
      (request) =>
        resendDelivery(contextOf(deps, request), { teamId: request.params.team, deliveryId: request.params.id }),
    );

    app.post(
      '/v1/teams/:team/deliveries/:id/cancel',
      {
        config: { permission: 'deliveries:write' },
        schema: {
          summary: 'Cancel a waiting delivery',
          description: 'Ends it without another attempt; it can be resent. 409 when it is in flight or settled.',
          tags,
          params: DeliveryParams,
          response: { 200: Delivery },
        },
      },
      (request) =>
        cancelDelivery(contextOf(deps, request), { teamId: request.params.team, deliveryId: request.params.id }),
    );

    app.post(
      '/v1/teams/:team/endpoints/:id/test',
      {
        config: { permission: 'endpoints:write' },
        schema: {
          summary: 'Send a test event',
          description: 'The example of an event type, as a real event, to this endpoint alone.',
          tags: ['Endpoints'],
          params: DeliveryParams,
          body: Type.Object({ eventType: Text(128) }, { additionalProperties: false }),
          response: { 202: Delivery },
        },
      },
      async (request, reply) => {
        const { team, id } = request.params;
        const { eventType } = request.body;
        const delivery = await testEndpoint(contextOf(deps, request), { teamId: team, endpointId: id, eventType });
        return reply.code(202).send(delivery);
      },
    );
  };
}
