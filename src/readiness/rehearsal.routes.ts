import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { Type } from 'typebox';
import type { ConnectionDirectory } from '../connections/connection-config.ts';
import { Nullable, TeamParams, Time } from '../http/schemas.ts';
import { getRehearsal } from './get-rehearsal.ts';

const RehearsalSchema = Type.Object({
  connections: Type.Integer({ description: 'Sandbox connections of the team with the integration key.' }),
  calls: Type.Array(
    Type.Object({
      at: Time(),
      method: Type.String(),
      path: Type.String(),
      status: Nullable(Type.Integer()),
      error: Nullable(Type.String()),
      errorCode: Nullable(Type.String()),
      verdict: Type.Enum(['clean', 'fault', 'polling']),
    }),
    { description: 'Those that DocuSign would look at, newest first.' },
  ),
  clean: Type.Integer(),
  faults: Type.Integer(),
  violations: Type.Array(
    Type.Object({
      resource: Type.String(),
      firstAt: Time(),
      secondAt: Time(),
      secondsBetween: Type.Integer(),
      listThenGet: Type.Boolean({ description: 'A member of a list was read between two reads of the list.' }),
    }),
  ),
  cleanCallsNeeded: Type.Integer({ description: '0: it would be passed.' }),
});

/** How a provider's own review of calls would go. */
export function rehearsalRoutes(options: {
  database: pg.Pool;
  connections: Pick<ConnectionDirectory, 'find' | 'all'>;
}) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    app.get(
      '/v1/teams/:team/connections/:connection/rehearsal',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: "Rehearse the provider's review of calls",
          description:
            'Which of the 20 calls that DocuSign looks at are clean, and how many more clean ones are needed.',
          tags: ['Readiness'],
          params: Type.Object({
            ...TeamParams.properties,
            connection: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
          }),
          response: { 200: RehearsalSchema },
        },
      },
      (request) => {
        const { team, connection } = request.params;
        return getRehearsal(options, { teamId: team, connectionId: connection });
      },
    );
  };
}
