import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { getPromotion, listPromotions } from './list-promotions.ts';
import type { Promotion } from './promotion.ts';
import { FreezeWindows, NewPromotionBody, PromotionSchema, RollBackBody } from './promotion-schemas.ts';
import type { PromotingContext } from './promotion-services.ts';
import { rollBack } from './roll-back.ts';
import { listFreezeWindows, setFreezeWindows } from './set-freeze-windows.ts';
import { startPromotion } from './start-promotion.ts';

type RouteServices = ContextServices &
  Pick<PromotingContext, 'reviews' | 'connections' | 'onPromotion' | 'publicUrl' | 'targetUrlPolicy'> & {
    onTold: () => void;
  };

const Params = Type.Object({
  ...TeamParams.properties,
  promotion: Type.String({ examples: ['prm_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** Promotions from the sandbox to production, and when there are none. */
export function promotionRoutes(options: { services: RouteServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Promotion'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/promotions',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Promote a connection',
          description:
            'Leads a connection of a review from the sandbox to production: base URL, options and credentials at once. It is tried then, and led back when that fails. Only under a passed review outside of freezes, or by an owner with `override`.',
          tags,
          params: TeamParams,
          body: NewPromotionBody,
          response: { 202: PromotionSchema },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, ...request.body };
        return reply.code(202).send(present(await startPromotion(contextOf(services, request), input)));
      },
    );

    app.get(
      '/v1/teams/:team/promotions',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List promotions',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: Type.Object(
            { ...PageQuery.properties, review: Type.Optional(Type.String({ maxLength: 100 })) },
            { additionalProperties: false },
          ),
          response: { 200: Page(PromotionSchema) },
        },
      },
      async (request) => {
        const { limit, cursor, review = null } = request.query;
        const after = decodeCursor('promotions', cursor, (position) => isId(idPrefixes.promotion, position));
        const input = { teamId: request.params.team, limit: limit + 1, after, reviewId: review };
        const found = await listPromotions(contextOf(services, request), input);
        return toPage('promotions', found.map(present), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/promotions/:promotion',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'Get a promotion', tags, params: Params, response: { 200: PromotionSchema } },
      },
      async (request) => {
        const { team, promotion } = request.params;
        return present(await getPromotion(contextOf(services, request), { teamId: team, promotionId: promotion }));
      },
    );

    app.post(
      '/v1/teams/:team/promotions/:promotion/roll-back',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Roll a promotion back',
          description: 'The connection leads to where it led before, with the credentials it had; for 30 days.',
          tags,
          params: Params,
          body: RollBackBody,
          response: { 200: PromotionSchema },
        },
      },
      async (request) => {
        const { team, promotion } = request.params;
        const input = { teamId: team, promotionId: promotion, reason: request.body.reason };
        return present(await rollBack(contextOf(services, request), input));
      },
    );

    app.get(
      '/v1/teams/:team/freeze-windows',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'List freeze windows', tags, params: TeamParams, response: { 200: FreezeWindows } },
      },
      async (request) => ({
        windows: await listFreezeWindows(contextOf(services, request), { teamId: request.params.team }),
      }),
    );

    app.put(
      '/v1/teams/:team/freeze-windows',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Set freeze windows',
          description: 'The whole list, in place of the one before. Nothing is promoted meanwhile, but by an owner.',
          tags,
          params: TeamParams,
          body: FreezeWindows,
          response: { 200: FreezeWindows },
        },
      },
      async (request) => {
        const input = { teamId: request.params.team, windows: request.body.windows };
        return { windows: await setFreezeWindows(contextOf(services, request), input) };
      },
    );
  };
}

function present(promotion: Promotion) {
  const { reviewId, connectionId, promoter } = promotion;
  const told = promoter === null ? null : { userId: promoter.userId, at: new Date(promoter.atMs).toISOString() };
  return { ...promotion, review: reviewId, connection: connectionId, promoter: told };
}
