import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { CloseBody, Day, PlanBody, PlanOnRecordSchema, ResumeBody, Resumed, Timeline } from './launch-schemas.ts';
import { resumeLaunch, type ResumingContext } from './resume-launch.ts';
import { getLaunchPlan, type PlanContext, setLaunchPlan } from './set-launch-plan.ts';
import { closeDay, getWatch, listDays, openDay } from './watch-days.ts';

type RouteServices = ContextServices & Pick<PlanContext, 'checkIds'> & Pick<PlanContext & ResumingContext, 'reviews'>;

const Params = Type.Object({
  ...TeamParams.properties,
  review: Type.String({ maxLength: 100, examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const DayParams = Type.Object({
  ...Params.properties,
  date: Type.String({ format: 'date', examples: ['2026-11-21'] }),
});

/** What a launch is held to, and what comes of it: the plan, the watch, and its days. */
export function launchRoutes(options: { services: RouteServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Promotion'];
    const { services } = options;

    app.get(
      '/v1/teams/:team/reviews/:review/launch-plan',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'Get a launch plan', tags, params: Params, response: { 200: PlanOnRecordSchema } },
      },
      (request) => {
        const { team, review } = request.params;
        return getLaunchPlan(contextOf(services, request), { teamId: team, reviewId: review });
      },
    );

    app.put(
      '/v1/teams/:team/reviews/:review/launch-plan',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Set a launch plan',
          description: 'As a new version: it names the one that it was made from. Those before stay on record.',
          tags,
          params: Params,
          body: PlanBody,
          response: { 200: PlanOnRecordSchema },
        },
      },
      (request) => {
        const { team, review } = request.params;
        return setLaunchPlan(contextOf(services, request), { teamId: team, reviewId: review, ...request.body });
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/watch',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get the watch of a review',
          description: 'Every look since it was promoted: values against limits, and what was found. Newest first.',
          tags,
          params: Params,
          querystring: Type.Object(
            {
              ...PageQuery.properties,
              found: Type.Optional(Type.Boolean({ description: 'true: only looks that found something.' })),
            },
            { additionalProperties: false },
          ),
          response: { 200: Timeline },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const { limit, cursor, found = false } = request.query;
        const after = decodeCursor('watch', cursor, (position) => isId(idPrefixes.watchLook, position));
        const input = { teamId: team, reviewId: review, limit: limit + 1, after, onlyFound: found };
        const { looks, ...watch } = await getWatch(contextOf(services, request), input);
        return { ...watch, ...toPage('watch', looks, limit, ({ id }) => id) };
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/resume',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Take a reopened launch up again',
          description:
            'The review is promoted as before, and watched on. Only when no limit is crossed any more, and it is passed again with its signatures, or an owner decides with `override`.',
          tags,
          params: Params,
          body: ResumeBody,
          response: { 200: Resumed },
        },
      },
      (request) => {
        const { team, review } = request.params;
        const { note, override = null } = request.body;
        return resumeLaunch(contextOf(services, request), { teamId: team, reviewId: review, note, override });
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/days',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the days of a watched review',
          description: 'Newest first, the last 100.',
          tags,
          params: Params,
          response: { 200: Page(Day) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        return {
          data: await listDays(contextOf(services, request), { teamId: team, reviewId: review }),
          nextCursor: null,
        };
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/days/:date/open',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Open a day',
          description: 'Notes who looked at it first.',
          tags,
          params: DayParams,
          response: { 200: Day },
        },
      },
      (request) => {
        const { team, review, date } = request.params;
        return openDay(contextOf(services, request), { teamId: team, reviewId: review, day: date });
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/days/:date/close',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Close a day',
          description: 'With a note. Its figures stay as they are then.',
          tags,
          params: DayParams,
          body: CloseBody,
          response: { 200: Day },
        },
      },
      (request) => {
        const { team, review, date } = request.params;
        const input = { teamId: team, reviewId: review, day: date, note: request.body.note };
        return closeDay(contextOf(services, request), input);
      },
    );
  };
}
