import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type DeliveryState, deliveryStates } from '../delivery/delivery-filter.ts';
import type { OnQueued } from '../delivery/resend-delivery.ts';
import { decodeCursor, encodeCursor, PageQuery } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { cancelReplay } from './cancel-replay.ts';
import { createReplay } from './create-replay.ts';
import { getReplay } from './get-replay.ts';
import { listReplays } from './list-replays.ts';
import { recoverEndpoint } from './recover-endpoint.ts';
import type { Replay, ReplayState } from './replay.ts';

const list = 'replays';
const tags = ['Replays'];
const ReplayParams = Type.Object({ ...TeamParams.properties, id: Type.String() });

const State = Type.Unsafe<DeliveryState>({ type: 'string', enum: [...deliveryStates] });
const States = Type.Array(State, { minItems: 1, uniqueItems: true, description: 'Dead ones, unless given.' });
const Filter = Type.Object(
  {
    endpoint: Type.Optional(Type.String({ pattern: '^ep_[0-7][0-9a-hjkmnp-tv-z]{25}$' })),
    eventType: Type.Optional(Text(128)),
    states: Type.Optional(States),
    since: Type.Optional(Time('Accepted at or after.')),
    until: Type.Optional(Time('Accepted before; the moment of the replay, unless given.')),
    eventIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$' }), { minItems: 1, maxItems: 1000 }),
    ),
  },
  { additionalProperties: false },
);
const ReplayAnswer = Type.Object({
  id: Type.String({ examples: ['rpl_01kajy0zt5e8hvb2p4m6q8s0w1'] }),
  state: Type.Unsafe<ReplayState>({ type: 'string', enum: ['running', 'finished', 'cancelled'] }),
  dryRun: Type.Boolean(),
  filter: Filter,
  ratePerSecond: Nullable(Type.Number()),
  matched: Type.Integer({ description: 'Deliveries that the filter chose so far.' }),
  resent: Type.Integer({
    description: 'Those made due; the others were in flight, or their event or endpoint is gone.',
  }),
  createdAt: Time(),
  finishedAt: Nullable(Time()),
});

/** Re-sending deliveries by filter, in the background. `onReplay`: the worker is wanted. */
export function replayRoutes(
  deps: ContextServices & { onQueued: OnQueued; onReplay: () => void },
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/v1/teams/:team/replays',
      {
        config: { permission: 'deliveries:write' },
        schema: {
          summary: 'Start a replay',
          description:
            'Makes every delivery that the filter chooses due again, in the background. With `dryRun` it only counts, and answers with the count (still running when that takes longer than two seconds).',
          tags,
          params: TeamParams,
          body: Type.Object(
            {
              filter: Filter,
              dryRun: Type.Optional(Type.Boolean()),
              ratePerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100_000 })),
            },
            { additionalProperties: false },
          ),
          response: { 201: ReplayAnswer },
        },
      },
      async (request, reply) => {
        const { filter, dryRun, ratePerSecond } = request.body;
        const replay = await createReplay(contextOf(deps, request), {
          teamId: request.params.team,
          filter: {
            endpointId: filter.endpoint,
            eventType: filter.eventType,
            states: filter.states,
            sinceMs: filter.since === undefined ? undefined : Date.parse(filter.since),
            untilMs: filter.until === undefined ? undefined : Date.parse(filter.until),
            eventIds: filter.eventIds,
          },
          dryRun,
          ratePerSecond,
        });
        return reply.code(201).send(toAnswer(replay));
      },
    );

    app.get(
      '/v1/teams/:team/replays',
      {
        config: { permission: 'deliveries:read' },
        schema: {
          summary: 'List replays',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(ReplayAnswer) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const { replays, next } = await listReplays(contextOf(deps, request), {
          teamId: request.params.team,
          limit,
          after: decodeCursor(list, cursor, (position) => isId(idPrefixes.replay, position)),
        });
        return { data: replays.map(toAnswer), nextCursor: next === null ? null : encodeCursor(list, next) };
      },
    );

    app.get(
      '/v1/teams/:team/replays/:id',
      {
        config: { permission: 'deliveries:read' },
        schema: {
          summary: 'Show a replay with its counts',
          tags,
          params: ReplayParams,
          response: { 200: ReplayAnswer },
        },
      },
      async (request) => {
        const { team, id } = request.params;
        return toAnswer(await getReplay(contextOf(deps, request), { teamId: team, replayId: id }));
      },
    );

    app.post(
      '/v1/teams/:team/replays/:id/cancel',
      {
        config: { permission: 'deliveries:write' },
        schema: {
          summary: 'Stop a replay',
          description: 'What it has made due stays due.',
          tags,
          params: ReplayParams,
          response: { 200: ReplayAnswer },
        },
      },
      async (request) => {
        const { team, id } = request.params;
        return toAnswer(await cancelReplay(contextOf(deps, request), { teamId: team, replayId: id }));
      },
    );

    app.post(
      '/v1/teams/:team/endpoints/:id/recover',
      {
        config: { permission: 'deliveries:write' },
        schema: {
          summary: 'Replay what an endpoint missed',
          tags: ['Endpoints'],
          params: ReplayParams,
          body: Type.Object(
            { since: Time('Accepted at or after.'), states: Type.Optional(States) },
            { additionalProperties: false },
          ),
          response: { 201: ReplayAnswer },
        },
      },
      async (request, reply) => {
        const { team, id } = request.params;
        const { since, states } = request.body;
        const input = { teamId: team, endpointId: id, sinceMs: Date.parse(since), states };
        return reply.code(201).send(toAnswer(await recoverEndpoint(contextOf(deps, request), input)));
      },
    );
  };
}

function toAnswer(replay: Replay) {
  const { teamId: _team, filter, ...rest } = replay;
  const { endpointId, eventType, states, sinceMs, untilMs, eventIds } = filter;
  return {
    ...rest,
    filter: {
      ...(endpointId === undefined ? {} : { endpoint: endpointId }),
      ...(eventType === undefined ? {} : { eventType }),
      ...(states === undefined ? {} : { states: [...states] }),
      ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
      ...(untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() }),
      ...(eventIds === undefined ? {} : { eventIds: [...eventIds] }),
    },
  };
}
