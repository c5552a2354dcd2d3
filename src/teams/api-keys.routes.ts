import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { isId } from '../ids/id.rules.ts';
import { createApiKey } from './create-api-key.ts';
import { listApiKeys } from './list-api-keys.ts';
import { callPermissionPattern, type Grant, permissionNames } from './permissions.rules.ts';
import { revokeApiKey } from './revoke-api-key.ts';

const name = Text(200, { description: 'For people to read.', examples: ['billing service'] });
const callPermission = Type.Unsafe<Grant>(
  Type.String({
    pattern: callPermissionPattern,
    description: '`connections:call:<connection id>`: call through this connection, and through no other.',
    examples: ['connections:call:con_01kajxkkj8ffkr1g8xs6a3ek0r'],
  }),
);
const permissions = Type.Array(Type.Union([Type.Enum(permissionNames), callPermission]), {
  minItems: 1,
  maxItems: 200,
  uniqueItems: true,
  examples: [['events:write']],
});
const fields = {
  id: Type.String({ examples: ['key_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  name,
  permissions: Type.Array(Type.String(), { examples: [['events:write']] }),
  memberId: Nullable(Type.String(), { description: 'Whose it is; null for a machine.' }),
  createdAt: Time(),
  expiresAt: Nullable(Time()),
  revokedAt: Nullable(Time()),
  lastUsedAt: Nullable(Time(), { description: 'At most an hour before it was used last.' }),
};
const ApiKey = Type.Object(fields);
const NewApiKey = Type.Object({
  ...fields,
  key: Type.String({
    description: 'Shown this once.',
    examples: ['phk_01kajxkkj8ffkr1g8xs6a3ek0r_Q0x5b1lqU2R1bGx5UmFuZG9tU2VjcmV0VmFsdWVzMTI'],
  }),
});

/** A team's api keys. */
export function apiKeyRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['API keys'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/api-keys',
      {
        config: { permission: 'keys:write' },
        schema: {
          summary: 'Create an API key',
          description:
            'The key is shown this once: only its digest is stored. It can hold no more than the key that makes it.',
          tags,
          params: TeamParams,
          body: Type.Object(
            {
              name,
              permissions,
              memberId: Type.Optional(
                Type.String({
                  description:
                    'Makes it a key of this member: it never holds more than the role of the member grants, and `*` is all that it does.',
                  examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'],
                }),
              ),
              expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
            },
            { additionalProperties: false },
          ),
          response: { 201: NewApiKey },
        },
      },
      async (request, reply) => {
        const created = await createApiKey(contextOf(services, request), {
          teamId: request.params.team,
          ...request.body,
        });
        return reply.code(201).header('cache-control', 'no-store').send(created);
      },
    );

    app.get(
      '/v1/teams/:team/api-keys',
      {
        config: { permission: 'keys:read' },
        schema: {
          summary: 'List API keys',
          description: 'Newest first, expired and revoked ones too.',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(ApiKey) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('api-keys', cursor, (position) => isId('key', position));
        const input = { teamId: request.params.team, limit: limit + 1, after };
        return toPage('api-keys', await listApiKeys(contextOf(services, request), input), limit, (key) => key.id);
      },
    );

    app.delete(
      '/v1/teams/:team/api-keys/:apiKey',
      {
        config: { permission: 'keys:write' },
        schema: {
          summary: 'Revoke an API key',
          tags,
          params: Type.Object({ ...TeamParams.properties, apiKey: Type.String() }),
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, apiKey } = request.params;
        await revokeApiKey(contextOf(services, request), { teamId: team, apiKeyId: apiKey });
        return reply.code(204).send(null);
      },
    );
  };
}
