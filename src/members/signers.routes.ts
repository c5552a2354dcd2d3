import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { duties } from './duties.rules.ts';
import { readSigners } from './list-signers.ts';
import { nameSigners } from './name-signers.ts';

const duty = Type.Enum([...duties], { description: 'What is signed for.' });
const members = Type.Array(Type.String({ examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'] }), {
  maxItems: 50,
  uniqueItems: true,
  description: 'Ids of members whose role may sign.',
});
const Signers = Type.Object({ duty, members });

/** Who signs reviews, by duty. */
export function signerRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Members'];
    const { services } = options;

    app.get(
      '/v1/teams/:team/signers',
      {
        config: { permission: 'members:read' },
        schema: {
          summary: 'List signers',
          description: 'Every duty, with who signs reviews for it.',
          tags,
          params: TeamParams,
          response: { 200: Page(Signers) },
        },
      },
      async (request) => {
        const data = await readSigners(contextOf(services, request), { teamId: request.params.team });
        return { data, nextCursor: null };
      },
    );

    app.put(
      '/v1/teams/:team/signers/:duty',
      {
        config: { permission: 'members:write' },
        schema: {
          summary: 'Name signers',
          description: 'In place of whoever signed for the duty; none at all is possible, and then nobody can.',
          tags,
          params: Type.Object({ ...TeamParams.properties, duty }),
          body: Type.Object({ members }, { additionalProperties: false }),
          response: { 200: Signers },
        },
      },
      (request) => {
        const { team, duty: given } = request.params;
        const input = { teamId: team, duty: given, members: request.body.members };
        return nameSigners(contextOf(services, request), input);
      },
    );
  };
}
