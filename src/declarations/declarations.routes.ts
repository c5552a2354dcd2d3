import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Nullable, Page, TeamParams, Time } from '../http/schemas.ts';
import { DeclarationParts, type PartName, partNames } from './declaration-schemas.ts';
import { getDeclarations } from './get-declarations.ts';
import { listDeclarations } from './list-declarations.ts';
import { replaceDeclarations } from './replace-declarations.ts';

const version = Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: '0: nothing is declared yet.' });
const Confirmation = Type.Object({
  by: Type.String({ description: '`operator`, or the id of a member or of an API key.' }),
  at: Time(),
});
const Declarations = Type.Object({
  version,
  parts: DeclarationParts,
  confirmed: Type.Record(Type.String(), Confirmation, { description: 'By the part: who said last that it is so.' }),
  writtenBy: Nullable(Type.String()),
  writtenAt: Nullable(Time()),
});
const Body = Type.Object(
  {
    version: Type.Integer({ ...version, description: 'The version that was read: another one now is a conflict.' }),
    parts: DeclarationParts,
    confirm: Type.Optional(
      Type.Array(Type.Unsafe<PartName>({ type: 'string', enum: partNames }), {
        uniqueItems: true,
        description: 'Parts that are as they were, and are said again to be so.',
      }),
    ),
  },
  { additionalProperties: false },
);
const isVersion = (text: string): boolean => /^[1-9]\d{0,8}$/.test(text);

/** What a team says of itself, for measurements to be compared with. */
export function declarationRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Declarations'];
    const { services } = options;

    app.get(
      '/v1/teams/:team/declarations',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'Get the declarations', tags, params: TeamParams, response: { 200: Declarations } },
      },
      (request) => getDeclarations(contextOf(services, request), { teamId: request.params.team }),
    );

    app.put(
      '/v1/teams/:team/declarations',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Replace the declarations',
          description: 'All parts, in place of what was declared; what is left out is not declared any more.',
          tags,
          params: TeamParams,
          body: Body,
          response: { 200: Declarations },
        },
      },
      (request) => {
        const { confirm = [], ...body } = request.body;
        return replaceDeclarations(contextOf(services, request), { teamId: request.params.team, ...body, confirm });
      },
    );

    app.get(
      '/v1/teams/:team/declarations/versions',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List versions of the declarations',
          description: 'Newest first; every one is kept.',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(Declarations) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const position = decodeCursor('declarations', cursor, isVersion);
        const after = position === null ? null : Number(position);
        const input = { teamId: request.params.team, limit: limit + 1, after };
        const versions = await listDeclarations(contextOf(services, request), input);
        return toPage('declarations', versions, limit, (each) => String(each.version));
      },
    );

    app.get(
      '/v1/teams/:team/declarations/versions/:version',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get a version of the declarations',
          tags,
          params: Type.Object({
            ...TeamParams.properties,
            version: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
          }),
          response: { 200: Declarations },
        },
      },
      (request) => {
        const { team, version: wanted } = request.params;
        return getDeclarations(contextOf(services, request), { teamId: team, version: wanted });
      },
    );
  };
}
