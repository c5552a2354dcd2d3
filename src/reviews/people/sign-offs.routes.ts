import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../../http/request-context.ts';
import { Nullable, Page, Text } from '../../http/schemas.ts';
import { listSignOffs } from './list-sign-offs.ts';
import type { PeoplePorts } from './people-ports.ts';
import {
  closed,
  duty,
  evidenceHash,
  ReviewParams,
  SignOffNowView,
  SignOffView,
  showSignOff,
  showSignOffNow,
} from './people-schemas.ts';
import { signReview } from './sign-review.ts';
import { withdrawSignOff } from './withdraw-sign-off.ts';

const tags = ['Reviews'];
const Params = Type.Object({
  ...ReviewParams.properties,
  signOff: Type.String({ examples: ['sgn_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** Who signed a review, for what duty, and whether that still counts. */
export function signOffRoutes(options: { services: ContextServices & PeoplePorts }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services } = options;

    app.post(
      '/v1/teams/:team/reviews/:review/sign-offs',
      {
        config: { permission: 'reviews:sign' },
        schema: {
          summary: 'Sign a review',
          description:
            'By a member who is named for the duty, over the evidence as they saw it: `evidence_changed` when it is not that any more.',
          tags,
          params: ReviewParams,
          body: Type.Object({ duty, evidenceHash, remark: Type.Optional(Nullable(Text(2_000))) }, closed),
          response: { 201: SignOffView },
        },
      },
      async (request, reply) => {
        const { team, review } = request.params;
        const { remark = null, ...said } = request.body;
        const input = { teamId: team, reviewId: review, remark, ...said };
        const signed = await signReview(contextOf(services, request), input);
        return reply.code(201).send(showSignOff({ ...signed, withdrawnAtMs: null }));
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/sign-offs',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the sign-offs of a review',
          description: 'All of them, newest first, with why one does not count any more and what changed since.',
          tags,
          params: ReviewParams,
          response: { 200: Page(SignOffNowView) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const found = await listSignOffs(contextOf(services, request), { teamId: team, reviewId: review });
        return { data: found.map(showSignOffNow), nextCursor: null };
      },
    );

    app.post(
      '/v1/teams/:team/reviews/:review/sign-offs/:signOff/withdraw',
      {
        config: { permission: 'reviews:sign' },
        schema: {
          summary: 'Take a sign-off back',
          description: 'By whoever signed.',
          tags,
          params: Params,
          response: { 200: SignOffView },
        },
      },
      async (request) => {
        const { team, review, signOff } = request.params;
        const input = { teamId: team, reviewId: review, id: signOff };
        return showSignOff(await withdrawSignOff(contextOf(services, request), input));
      },
    );
  };
}
