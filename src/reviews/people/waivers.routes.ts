import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../../http/request-context.ts';
import { Page, Text, Time } from '../../http/schemas.ts';
import { decideWaiver } from './decide-waiver.ts';
import { listWaivers } from './list-waivers.ts';
import type { PeopleContext, PeoplePorts } from './people-ports.ts';
import { CheckId, closed, ReviewParams, SubjectId, showWaiver, WaiverView } from './people-schemas.ts';
import { requestWaiver } from './request-waiver.ts';
import { takeBackWaiver } from './take-back-waiver.ts';

const tags = ['Reviews'];
const Params = Type.Object({
  ...ReviewParams.properties,
  waiver: Type.String({ examples: ['wvr_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
type Named = { teamId: string; reviewId: string; id: string };

const approve = (ctx: PeopleContext, input: Named) => decideWaiver(ctx, { ...input, decision: 'approve' });
const refuse = (ctx: PeopleContext, input: Named) => decideWaiver(ctx, { ...input, decision: 'refuse' });

/** What a review lets pass for a time, and by whose leave. */
export function waiverRoutes(options: { services: ContextServices & PeoplePorts }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services } = options;

    app.post(
      '/v1/teams/:team/reviews/:review/waivers',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Ask for a waiver',
          description:
            'For a check that does not hold and is no blocker, 90 days at most. It counts once a member approved it who neither asked for it nor owns it.',
          tags,
          params: ReviewParams,
          body: Type.Object(
            {
              check: CheckId,
              subject: Type.Optional(SubjectId),
              owner: Type.Optional(Text(100, { description: 'Member who mends it meanwhile; else who asks.' })),
              reason: Text(2_000, { description: 'Why it can wait.' }),
              control: Text(2_000, { description: 'What is done in its place until then.' }),
              expiresAt: Time('Within 90 days.'),
            },
            closed,
          ),
          response: { 201: WaiverView },
        },
      },
      async (request, reply) => {
        const { team, review } = request.params;
        const { check, subject = null, owner = null, reason, control, expiresAt } = request.body;
        const waiver = await requestWaiver(contextOf(services, request), {
          teamId: team,
          reviewId: review,
          checkId: check,
          subject,
          owner,
          reason,
          control,
          expiresAtMs: Date.parse(expiresAt),
        });
        return reply.code(201).send(showWaiver(waiver));
      },
    );

    app.get(
      '/v1/teams/:team/reviews/:review/waivers',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the waivers of a review',
          description: 'All of them, newest first, those that ended too.',
          tags,
          params: ReviewParams,
          response: { 200: Page(WaiverView) },
        },
      },
      async (request) => {
        const { team, review } = request.params;
        const waivers = await listWaivers(contextOf(services, request), { teamId: team, reviewId: review });
        return { data: waivers.map(showWaiver), nextCursor: null };
      },
    );

    const turns = [
      ['approve', 'reviews:sign', 'Approve a waiver', 'By a member who neither asked for it nor owns it.', approve],
      ['refuse', 'reviews:sign', 'Refuse a waiver', 'By a member who neither asked for it nor owns it.', refuse],
      [
        'withdraw',
        'reviews:write',
        'Take a waiver back',
        'Approved or not: its check has to hold again.',
        takeBackWaiver,
      ],
    ] as const;
    for (const [verb, permission, summary, description, take] of turns) {
      app.post(
        `/v1/teams/:team/reviews/:review/waivers/:waiver/${verb}`,
        {
          config: { permission },
          schema: { summary, description, tags, params: Params, response: { 200: WaiverView } },
        },
        async (request) => {
          const { team, review, waiver } = request.params;
          const input = { teamId: team, reviewId: review, id: waiver };
          return showWaiver(await take(contextOf(services, request), input));
        },
      );
    }
  };
}
