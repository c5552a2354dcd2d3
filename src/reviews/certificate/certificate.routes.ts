import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../../http/request-context.ts';
import { createDrawApart } from './draw-apart.ts';
import { type CertificatePorts, issueCertificate } from './issue-certificate.ts';

const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The certificate of a review: to verify, to read, to print. */
export function certificateRoutes(options: { services: ContextServices & Omit<CertificatePorts, 'draw'> }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const services = { ...options.services, draw: createDrawApart() };

    app.get(
      '/v1/teams/:team/reviews/:review/certificate',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Issue the certificate of a review',
          description:
            'As it stands, passed or not: every check with its evidence, and what people said, signed by the gateway with the key of `GET /v1/audit/public-key`. `posthorn review verify` verifies the JSON anywhere. That it was issued is on record.',
          tags: ['Reviews'],
          params: Type.Object({
            team: Type.String({ examples: ['team_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
            review: Type.String({ examples: ['rev_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
          }),
          querystring: Type.Object(
            {
              as: Type.Enum(['json', 'html', 'pdf'], {
                default: 'json',
                description: '`json`: the certificate, with page and PDF in it; the others: one of these alone.',
              }),
            },
            { additionalProperties: false },
          ),
        },
      },
      async (request, reply) => {
        const { team, review } = request.params;
        const { as } = request.query;
        const issued = await issueCertificate(contextOf(services, request), { teamId: team, reviewId: review });
        const name = `review-${review}.${as}`;
        void reply
          .header('content-disposition', `${as === 'json' ? 'attachment' : 'inline'}; filename="${name}"`)
          .header('x-content-type-options', 'nosniff')
          .header('cache-control', 'private, no-store');
        if (as === 'pdf') return reply.type('application/pdf').send(issued.pdf);
        if (as === 'json') return reply.type('application/json; charset=utf-8').send(issued.bundle);
        return reply
          .type('text/html; charset=utf-8')
          .header('content-security-policy', pagePolicy)
          .header('referrer-policy', 'no-referrer')
          .send(issued.page);
      },
    );
  };
}
