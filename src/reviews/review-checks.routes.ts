import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { Problem } from '../problem.ts';
import { assignCheck } from './assign-check.ts';
import { commentOnReview, listComments } from './comment-on-review.ts';
import { explainCheck } from './explain-check.ts';
import {
  presentCheck,
  presentComment,
  presentDiff,
  presentExplained,
  presentSnapshot,
} from './present-review.rules.ts';
import type { ReviewParts } from './review-context.ts';
import { diffReview, listSnapshots } from './review-history.ts';
import {
  checkStates,
  CommentSchema,
  DiffSchema,
  ExplainedCheckSchema,
  ReviewedCheckSchema,
  severities,
  SnapshotSchema,
} from './review-schemas.ts';
import type { ReviewedCheck } from './review.ts';
import { viewReview } from './view-review.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  review: Type.String({ examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const CheckId = Text(200, { examples: ['transport.endpoints-https-only'] });
const CheckParams = Type.Object({ ...Params.properties, check: CheckId });
const SubjectId = Text(100, { description: 'Of which of its subjects; may be left out where it has one.' });
const closed = { additionalProperties: false } as const;
const keyOf = ({ checkId, subject }: ReviewedCheck): string => `${checkId} ${subject.id}`;

/** The checks of a review: explained, assigned, commented on, and how they stood. */
export function reviewCheckRoutes(options: { services: ContextServices & { reviewing: ReviewParts } }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Reviews'];
    const { services } = options;

    app.get(
      '/v1/teams/:team/reviews/:review/checks',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the checks of a review',
          description: 'By severity, section and id.',
          tags,
          params: Params,
          querystring: Type.Object(
            {
              ...PageQuery.properties,
              section: Type.Optional(Text(50)),
              state: Type.Optional(Type.Enum([...checkStates])),
              severity: Type.Optional(Type.Enum([...severities])),
            },
            closed,
          ),
          response: { 200: Page(ReviewedCheckSchema) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const { limit, cursor, section, state, severity } = request.query;
        const view = await viewReview(contextOf(services, request), { teamId: team, reviewId: review });
        const after = decodeCursor('review checks', cursor, (position) =>
          view.checks.some((each) => keyOf(each) === position),
        );
        const begin = after === null ? 0 : view.checks.findIndex((each) => keyOf(each) === after) + 1;
        const fits = (check: ReviewedCheck): boolean =>
          (section ?? check.definition.section) === check.definition.section &&
          (state ?? check.state) === check.state &&
          (severity ?? check.definition.severity) === check.definition.severity;
        const rows = view.checks
          .slice(begin)
          .filter(fits)
          .slice(0, limit + 1);
        const page = toPage('review checks', rows, limit, keyOf);
        return { ...page, data: page.data.map((check) => presentCheck(view.review, check)) };
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/checks/:check',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Explain a check of a review',
          description: 'What was seen, why it matters, how to mend it, what decides it, and how it stood.',
          tags,
          params: CheckParams,
          querystring: Type.Object({ subject: Type.Optional(SubjectId) }, closed),
          response: { 200: ExplainedCheckSchema },
        },
      },
      async (request) => {
        const { team, review, check } = request.params;
        const input = { teamId: team, reviewId: review, checkId: check, subjectId: request.query.subject };
        return presentExplained({ id: review, teamId: team }, await explainCheck(contextOf(services, request), input));
      },
    );

    app.put(
      '/v1/teams/:team/reviews/:review/checks/:check',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Say who sees to a check, and until when',
          tags,
          params: CheckParams,
          body: Type.Object(
            {
              subject: Type.Optional(SubjectId),
              owner: Nullable(Text(100), { description: 'A member; null: nobody.' }),
              dueAt: Nullable(Time(), { description: 'Null: no date.' }),
            },
            closed,
          ),
          response: { 200: ReviewedCheckSchema },
        },
      },
      async (request) => {
        const { team, review, check } = request.params;
        const { subject, owner, dueAt } = request.body;
        const due = { owner, dueAtMs: dueAt === null ? null : Date.parse(dueAt) };
        const input = { teamId: team, reviewId: review, checkId: check, subjectId: subject, ...due };
        const assigned = await assignCheck(contextOf(services, request), input);
        return presentCheck({ id: review, teamId: team }, assigned);
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/comments',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Comment on a review, or on one of its checks',
          description: 'Comments are only ever added.',
          tags,
          params: Params,
          body: Type.Object(
            { text: Text(4_000), check: Type.Optional(CheckId), subject: Type.Optional(SubjectId) },
            closed,
          ),
          response: { 201: CommentSchema },
        },
      },
      async (request, reply) => {
        const { team, review } = request.params;
        const { text, check = null, subject = null } = request.body;
        if (check === null && subject !== null) {
          throw new Problem('invalid_request', 'A comment on a subject names the check as well.', {
            errors: [{ pointer: '/check', message: 'is missing' }],
          });
        }
        const input = { teamId: team, reviewId: review, checkId: check, subjectId: subject, text };
        return reply.code(201).send(presentComment(await commentOnReview(contextOf(services, request), input)));
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/comments',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the comments of a review',
          description: 'Newest first; on the review and on its checks, unless one is named.',
          tags,
          params: Params,
          querystring: Type.Object({ ...PageQuery.properties, check: Type.Optional(CheckId) }, closed),
          response: { 200: Page(CommentSchema) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const { limit, cursor, check = null } = request.query;
        const after = decodeCursor('comments', cursor, (position) => isId(idPrefixes.reviewComment, position));
        const input = { teamId: team, reviewId: review, checkId: check, limit: limit + 1, after };
        const found = await listComments(contextOf(services, request), input);
        return toPage('comments', found.map(presentComment), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/history',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List how a review stood',
          description: 'Whenever it was measured, newest first; the newest 400 are kept.',
          tags,
          params: Params,
          querystring: PageQuery,
          response: { 200: Page(SnapshotSchema) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const { limit, cursor } = request.query;
        const after = decodeCursor('history', cursor, (position) => isId(idPrefixes.reviewSnapshot, position));
        const input = { teamId: team, reviewId: review, limit: limit + 1, after };
        const found = await listSnapshots(contextOf(services, request), input);
        return toPage('history', found.map(presentSnapshot), limit, ({ id }) => id);
      },
    );

    const place = Text(100, { description: 'The id of a snapshot, or a time: the last snapshot until then.' });
    app.get(
      '/v1/teams/:team/reviews/:review/diff',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Compare a review with how it stood',
          description: 'From the newest snapshot to the present, unless other points in time are named.',
          tags,
          params: Params,
          querystring: Type.Object({ from: Type.Optional(place), to: Type.Optional(place) }, closed),
          response: { 200: DiffSchema },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const input = { teamId: team, reviewId: review, ...request.query };
        return presentDiff(await diffReview(contextOf(services, request), input));
      },
    );
  };
}
