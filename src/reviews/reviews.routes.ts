import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { createReview } from './create-review.ts';
import { listReviews } from './list-reviews.ts';
import { presentReview, presentView } from './present-review.rules.ts';
import type { ReviewParts } from './review-context.ts';
import {
  NewReviewSchema,
  ReviewChangeSchema,
  ReviewSchema,
  reviewStatuses,
  ReviewViewSchema,
} from './review-schemas.ts';
import type { ReviewView } from './review.ts';
import { runReview } from './run-review.ts';
import { updateReview } from './update-review.ts';
import { viewReview } from './view-review.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  review: Type.String({ examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const defaultWaiverCap = 3;

/** Go-live reviews of integrations. */
export function reviewRoutes(options: { services: ContextServices & { reviewing: ReviewParts } }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Reviews'];
    const { services } = options;
    const present = async (view: ReviewView) => {
      const { scope } = await services.reviewing.catalogueOf(view.review.teamId);
      return presentView(view, scope.questions);
    };

    app.post(
      '/v1/teams/:team/reviews',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Begin a review',
          description: 'Of an integration, against one or several checklists.',
          tags,
          params: TeamParams,
          body: NewReviewSchema,
          response: { 201: ReviewSchema },
        },
      },
      async (request, reply) => {
        const { integration, answers = {}, waiverCap = defaultWaiverCap, ...body } = request.body;
        const review = await createReview(contextOf(services, request), {
          teamId: request.params.team,
          ...body,
          integration: { sources: [], endpoints: [], connections: [], ...integration },
          answers,
          waiverCap,
        });
        return reply.code(201).send(presentReview(review));
      },
    );

    app.get(
      '/v1/teams/:team/reviews',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List reviews',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            { ...PageQuery.properties, status: Type.Optional(Type.Enum([...reviewStatuses])) },
            { additionalProperties: false },
          ),
          response: { 200: Page(ReviewSchema) },
        },
      },
      async (request) => {
        const { limit, cursor, status = null } = request.query;
        const after = decodeCursor('reviews', cursor, (position) => isId(idPrefixes.review, position));
        const input = { teamId: request.params.team, limit: limit + 1, after, status };
        const found = await listReviews(contextOf(services, request), input);
        return toPage('reviews', found.map(presentReview), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get a review as it stands',
          description: 'Progress, verdict with what is missing, and every check. Nothing is measured.',
          tags,
          params: Params,
          response: { 200: ReviewViewSchema },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        return present(await viewReview(contextOf(services, request), { teamId: team, reviewId: review }));
      },
    );

    app.patch(
      '/v1/teams/:team/reviews/:review',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Change a review',
          description: 'What is given is replaced. Whoever changed it meanwhile is not overwritten: 409 `conflict`.',
          tags,
          params: Params,
          body: ReviewChangeSchema,
          response: { 200: ReviewSchema },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const input = { teamId: team, reviewId: review, change: request.body };
        return presentReview(await updateReview(contextOf(services, request), input));
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/run',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Measure a review',
          description:
            'Everything that the gateway decides by itself for what the review is about. How it stands then is kept in its history.',
          tags,
          params: Params,
          response: { 200: ReviewViewSchema },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const ctx = contextOf(services, request);
        return present(await runReview(ctx, { teamId: team, reviewId: review, by: ctx }));
      },
    );
  };
}
