import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Text } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import {
  DrillRunDetailSchema,
  DrillRunSchema,
  DrillScheduleSchema,
  DrillSchema,
  presentDrill,
  presentRun,
  presentRunDetail,
  presentSchedule,
} from './drill-schemas.ts';
import type { DrillServices } from './drill-services.ts';
import { getRun, listRuns } from './get-run.ts';
import { listDrills } from './list-drills.ts';
import { listSchedules, scheduleDrill } from './schedule-drill.ts';
import { startRuns } from './start-runs.ts';
import { stopRun } from './stop-run.ts';

const check = Text(200, {
  description: 'The check that the drill decides.',
  examples: ['delivery.failed-ones-retried'],
});
const subject = Text(100, { description: 'For this subject alone; otherwise for all that it is about.' });
const RunParams = Type.Object({
  ...TeamParams.properties,
  run: Type.String({ examples: ['drl_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** Drills: active tests that decide checks of readiness. */
export function drillRoutes(options: { services: ContextServices & DrillServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Drills'];
    const { services } = options;

    app.get(
      '/v1/teams/:team/drills',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List drills',
          description: 'What each does and touches, what it can be run for, and how it went last.',
          tags,
          params: TeamParams,
          response: { 200: Type.Object({ data: Type.Array(DrillSchema) }) },
        },
      },
      async (request) => ({ data: (await listDrills(services, request.params.team)).map(presentDrill) }),
    );

    app.post(
      '/v1/teams/:team/drills/runs',
      {
        config: { permission: 'drills:run' },
        schema: {
          summary: 'Run a drill',
          description: 'One run for each subject. They wait for their turn: a node plays one at a time.',
          tags,
          params: TeamParams,
          body: Type.Object(
            {
              check,
              subject: Type.Optional(subject),
              pace: Type.Optional(
                Type.Number({
                  exclusiveMinimum: 0,
                  maximum: 1,
                  description: 'Below 1 a rehearsal, in development only: waits take this share of their time.',
                }),
              ),
              confirm: Type.Optional(
                Type.Boolean({
                  description:
                    'What the drill does for good (`irrevocable`) is wanted, or in production its load on the machine.',
                }),
              ),
            },
            { additionalProperties: false },
          ),
          response: { 202: Type.Object({ data: Type.Array(DrillRunSchema) }) },
        },
      },
      async (request, reply) => {
        const { check: checkId, subject: subjectId, pace, confirm } = request.body;
        const input = { teamId: request.params.team, checkId, subjectId, pace, confirm };
        return reply.code(202).send({ data: (await startRuns(contextOf(services, request), input)).map(presentRun) });
      },
    );

    app.get(
      '/v1/teams/:team/drills/runs',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List runs of drills',
          description: 'Newest first, without their transcripts.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            { ...PageQuery.properties, check: Type.Optional(check) },
            { additionalProperties: false },
          ),
          response: { 200: Page(DrillRunSchema) },
        },
      },
      async (request) => {
        const { limit, cursor, check: checkId = null } = request.query;
        const after = decodeCursor('drill runs', cursor, (position) => isId(idPrefixes.drillRun, position));
        const page = { teamId: request.params.team, checkId, limit: limit + 1, after };
        return toPage('drill runs', (await listRuns(services, page)).map(presentRun), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/drills/runs/:run',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get a run of a drill',
          description: 'With its transcript.',
          tags,
          params: RunParams,
          response: { 200: DrillRunDetailSchema },
        },
      },
      async (request) => {
        const { team, run } = request.params;
        return presentRunDetail(await getRun(services, { teamId: team, runId: run }));
      },
    );

    app.post(
      '/v1/teams/:team/drills/runs/:run/stop',
      {
        config: { permission: 'drills:run' },
        schema: {
          summary: 'Stop a run of a drill',
          description: 'One that waits is stopped at once; one under way ends within seconds, and decides nothing.',
          tags,
          params: RunParams,
          response: { 200: DrillRunSchema },
        },
      },
      async (request) => {
        const { team, run } = request.params;
        return presentRun(await stopRun(contextOf(services, request), { teamId: team, runId: run }));
      },
    );

    app.get(
      '/v1/teams/:team/drills/schedules',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List schedules of drills',
          tags,
          params: TeamParams,
          response: { 200: Type.Object({ data: Type.Array(DrillScheduleSchema) }) },
        },
      },
      async (request) => ({ data: (await listSchedules(services, request.params.team)).map(presentSchedule) }),
    );

    app.put(
      '/v1/teams/:team/drills/schedules',
      {
        config: { permission: 'drills:run' },
        schema: {
          summary: 'Schedule a drill',
          description: 'It is run for the first time one interval from now. `everyHours` null ends it.',
          tags,
          params: TeamParams,
          body: Type.Object(
            {
              check,
              subject: Type.Optional(subject),
              everyHours: Nullable(Type.Integer({ minimum: 1, maximum: 8_784 })),
            },
            { additionalProperties: false },
          ),
          response: { 200: DrillScheduleSchema },
        },
      },
      async (request) => {
        const { check: checkId, subject: subjectId = null, everyHours } = request.body;
        const input = { teamId: request.params.team, checkId, subjectId, everyHours };
        const schedule = await scheduleDrill(contextOf(services, request), input);
        return schedule === null
          ? { check: checkId, subject: subjectId, everyHours: null, nextAt: null }
          : presentSchedule(schedule);
      },
    );
  };
}
