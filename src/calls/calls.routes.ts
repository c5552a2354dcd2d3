import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { decodeCursor, encodeCursor, pageQuery } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { readStatus } from './call-filter.rules.ts';
import {
  ApiKeyId,
  CallDetailSchema,
  CallSummarySchema,
  ConnectionId,
  Environment,
  ErrorKind,
  GroupBy,
  Outcome,
  Polling,
  StatisticsSchema,
  StatusFilter,
  ViolationSchema,
} from './call-schemas.ts';
import { getCall } from './get-call.ts';
import { getCallStatistics } from './get-call-statistics.ts';
import { listCalls } from './list-calls.ts';
import { listPollingViolations } from './list-polling-violations.ts';

const tags = ['Calls'];
const config = { permission: 'calls:read' } as const;
const lists = { calls: 'calls', violations: 'polling-violations' } as const;
const isCall = (position: string): boolean => isId(idPrefixes.call, position);
const msOf = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));

const times = {
  since: Type.Optional(Time('Begun at or after; 24 hours ago unless given.')),
  until: Type.Optional(Time('Begun before.')),
};

/** Reading the call ledger. */
export function callRoutes(deps: ContextServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/teams/:team/calls',
      {
        config,
        schema: {
          summary: 'List calls',
          description:
            'Newest first. A page may hold fewer than `limit`, or none, while `nextCursor` is not null: rare calls among many are searched for a bounded number at a time.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            {
              ...pageQuery,
              connection: Type.Optional(ConnectionId),
              operation: Type.Optional(Text(128)),
              status: Type.Optional(StatusFilter),
              error: Type.Optional(ErrorKind),
              subject: Type.Optional(Text(256)),
              apiKey: Type.Optional(ApiKeyId),
              environment: Type.Optional(Environment),
              polling: Type.Optional(Polling),
              outcome: Type.Optional(Outcome),
              ...times,
            },
            { additionalProperties: false },
          ),
          response: { 200: Page(CallSummarySchema) },
        },
      },
      async (request) => {
        const { limit, cursor, since, until, status, ...filter } = request.query;
        const { calls, next } = await listCalls(contextOf(deps, request), {
          teamId: request.params.team,
          filter: { ...filter, status: status === undefined ? undefined : readStatus(status) },
          sinceMs: msOf(since),
          untilMs: msOf(until),
          limit,
          after: decodeCursor(lists.calls, cursor, isCall),
        });
        return { data: calls, nextCursor: next === null ? null : encodeCursor(lists.calls, next) };
      },
    );

    app.get(
      '/v1/teams/:team/calls/stats',
      {
        config,
        schema: {
          summary: 'Read statistics of calls',
          description:
            'Exact figures of the newest 100,000 calls in the time: percentiles are of calls that occurred, nothing is estimated.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            { connection: Type.Optional(ConnectionId), groupBy: GroupBy, ...times },
            { additionalProperties: false },
          ),
          response: { 200: StatisticsSchema },
        },
      },
      (request) => {
        const { connection, groupBy, since, until } = request.query;
        return getCallStatistics(contextOf(deps, request), {
          teamId: request.params.team,
          connectionId: connection ?? null,
          groupBy,
          sinceMs: msOf(since),
          untilMs: msOf(until),
        });
      },
    );

    app.get(
      '/v1/teams/:team/calls/polling-violations',
      {
        config,
        schema: {
          summary: 'List polling violations',
          description:
            'Calls that the provider may count as polling, each with the one that it repeats; newest first. What the guard served or refused did not reach the provider and is not among them.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            { ...pageQuery, connection: Type.Optional(ConnectionId), ...times },
            { additionalProperties: false },
          ),
          response: { 200: Page(ViolationSchema) },
        },
      },
      async (request) => {
        const { connection, since, until, limit, cursor } = request.query;
        const { violations, next } = await listPollingViolations(contextOf(deps, request), {
          teamId: request.params.team,
          connectionId: connection ?? null,
          sinceMs: msOf(since),
          untilMs: msOf(until),
          limit,
          after: decodeCursor(lists.violations, cursor, isCall),
        });
        return { data: violations, nextCursor: next === null ? null : encodeCursor(lists.violations, next) };
      },
    );

    app.get(
      '/v1/teams/:team/calls/:call',
      {
        config,
        schema: {
          summary: 'Show a call with its tries',
          tags,
          params: Type.Object({ ...TeamParams.properties, call: Type.String() }),
          response: { 200: CallDetailSchema },
        },
      },
      (request) => getCall(contextOf(deps, request), { teamId: request.params.team, callId: request.params.call }),
    );
  };
}
