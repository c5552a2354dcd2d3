import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { ApiProvider } from './api-provider-schema.ts';
import { Connection, ConnectionChangeBody, NewConnectionBody } from './connection-schemas.ts';
import { createConnection } from './create-connection.ts';
import { deleteConnection } from './delete-connection.ts';
import { getConnection } from './get-connection.ts';
import { listApiProviders } from './list-api-providers.ts';
import { listConnections } from './list-connections.ts';
import { updateConnection } from './update-connection.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  connection: Type.String({ examples: ['con_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

type ConnectionServices = ContextServices & { publicUrl: () => string; targetUrlPolicy: TargetUrlPolicy };

/** Connections, and the providers that there may be connections to. Calling through one is the egress' own route. */
export function connectionRoutes(options: { services: ConnectionServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Connections'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/connections',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Create a connection',
          description: "The answer holds the URL to call in place of the provider's.",
          tags,
          params: TeamParams,
          body: NewConnectionBody,
          response: { 201: Connection },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, ...request.body };
        return reply.code(201).send(await createConnection(contextOf(services, request), input));
      },
    );

    app.get(
      '/v1/teams/:team/connections',
      {
        config: { permission: 'connections:read' },
        schema: {
          summary: 'List connections',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(Connection) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('connections', cursor, (position) => isId(idPrefixes.connection, position));
        const input = { teamId: request.params.team, limit: limit + 1, after };
        return toPage('connections', await listConnections(contextOf(services, request), input), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/connections/:connection',
      {
        config: { permission: 'connections:read' },
        schema: { summary: 'Get a connection', tags, params: Params, response: { 200: Connection } },
      },
      (request) => {
        const { team, connection } = request.params;
        return getConnection(contextOf(services, request), { teamId: team, connectionId: connection });
      },
    );

    app.patch(
      '/v1/teams/:team/connections/:connection',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Change a connection',
          description:
            'What is left out stays as it is. `credentials` is the whole list that is wanted: an entry without fields keeps the stored one of its name. Provider and environment cannot be changed.',
          tags,
          params: Params,
          body: ConnectionChangeBody,
          response: { 200: Connection },
        },
      },
      (request) => {
        const { team, connection } = request.params;
        const change = { teamId: team, connectionId: connection, ...request.body };
        return updateConnection(contextOf(services, request), change);
      },
    );

    app.delete(
      '/v1/teams/:team/connections/:connection',
      {
        config: { permission: 'connections:write' },
        schema: {
          summary: 'Delete a connection',
          description: 'Nothing is called through it any more, and its credentials are gone. Its calls stay on record.',
          tags,
          params: Params,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, connection } = request.params;
        await deleteConnection(contextOf(services, request), { teamId: team, connectionId: connection });
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/v1/teams/:team/api-providers',
      {
        config: { permission: 'connections:read' },
        schema: {
          summary: 'List API providers',
          description: 'Every provider that can be called: how to get credentials, which fields they have, its limits.',
          tags,
          params: TeamParams,
          response: { 200: Page(ApiProvider) },
        },
      },
      async (request) => {
        const data = await listApiProviders(contextOf(services, request), { teamId: request.params.team });
        return { data, nextCursor: null };
      },
    );
  };
}
