import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { TeamParams } from '../http/schemas.ts';
import { checkConnection } from './check-connection.ts';
import type { Calls } from './create-calling.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  connection: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const Query = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        maxLength: 2_048,
        pattern: '^/[!-~]*$',
        description:
          "Below the base URL, with its query: what GET shows credentials to work with. Otherwise the provider's.",
        examples: ['/v2.1/accounts/7c2b8d7e-0000-4000-8000-000000000000'],
      }),
    ),
  },
  { additionalProperties: false },
);
const Check = Type.Object({
  connection: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  path: Type.String({ examples: ['/api/v2/envelope?page=1&perPage=1'] }),
  credentials: Type.Array(
    Type.Object({
      id: Type.String({ examples: ['ccr_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
      name: Type.String({ examples: ['2026-12'] }),
      works: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: it was not seen, `says` why.' }),
      status: Type.Union([Type.Integer(), Type.Null()], { description: "The provider's; null when no answer came." }),
      callId: Type.Union([Type.String(), Type.Null()], { description: 'The call in the ledger.' }),
      says: Type.String({ description: 'What was seen, and how to mend it.' }),
    }),
    { description: 'In the order in which they are used.' },
  ),
});

/** Whether the credentials of a connection work. */
export function connectionCheckRoutes(options: {
  services: ContextServices;
  calling: Calls;
  directory: ConnectionDirectory;
}) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services, calling, directory } = options;
    app.post(
      '/v1/teams/:team/connections/:connection/check',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Check a connection',
          description:
            'Makes one harmless read with each credential, and says what is wrong with those that do not work.',
          tags: ['Connections'],
          params: Params,
          querystring: Query,
          response: { 200: Check },
        },
      },
      (request) => {
        const { team, connection } = request.params;
        const ctx = { ...contextOf(services, request), directory, call: calling.caller };
        return checkConnection(ctx, { teamId: team, connectionId: connection, path: request.query.path });
      },
    );
  };
}
