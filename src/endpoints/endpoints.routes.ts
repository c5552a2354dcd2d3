import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { TargetUrlPolicy } from '../egress/target-url.rules.ts';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Page, TeamParams } from '../http/schemas.ts';
import { isId } from '../ids/id.rules.ts';
import { createEndpoint } from './create-endpoint.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import {
  Endpoint,
  EndpointChangeBody,
  EndpointMaybeSecret,
  EndpointWithSecret,
  NewEndpointBody,
  RotateSecretBody,
} from './endpoint-schemas.ts';
import { getEndpoint } from './get-endpoint.ts';
import { listEndpoints } from './list-endpoints.ts';
import { rotateSecret } from './rotate-secret.ts';
import { updateEndpoint } from './update-endpoint.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  endpoint: Type.String({ examples: ['ep_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** Endpoints and their secrets. */
export function endpointRoutes(options: {
  services: ContextServices & { targetUrlPolicy: TargetUrlPolicy; onEndpointDeleted: () => void };
}) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Endpoints'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/endpoints',
      {
        config: { permission: 'endpoints:write' },
        schema: {
          summary: 'Create an endpoint',
          description: 'The answer holds the signing secret, for the only time.',
          tags,
          params: TeamParams,
          body: NewEndpointBody,
          response: { 201: EndpointWithSecret },
        },
      },
      async (request, reply) => {
        const created = await createEndpoint(contextOf(services, request), {
          teamId: request.params.team,
          ...request.body,
        });
        return reply.code(201).header('cache-control', 'no-store').send(created);
      },
    );

    app.get(
      '/v1/teams/:team/endpoints',
      {
        config: { permission: 'endpoints:read' },
        schema: {
          summary: 'List endpoints',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(Endpoint) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('endpoints', cursor, (position) => isId('ep', position));
        const input = { teamId: request.params.team, limit: limit + 1, after };
        return toPage('endpoints', await listEndpoints(contextOf(services, request), input), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/endpoints/:endpoint',
      {
        config: { permission: 'endpoints:read' },
        schema: { summary: 'Get an endpoint', tags, params: Params, response: { 200: Endpoint } },
      },
      (request) => {
        const { team, endpoint } = request.params;
        return getEndpoint(contextOf(services, request), { teamId: team, endpointId: endpoint });
      },
    );

    app.patch(
      '/v1/teams/:team/endpoints/:endpoint',
      {
        config: { permission: 'endpoints:write' },
        schema: {
          summary: 'Change an endpoint',
          description:
            'What is left out stays as it is; null clears. `status` pauses and resumes. A signing scheme that cannot use the secret gets a new one, which the answer shows.',
          tags,
          params: Params,
          body: EndpointChangeBody,
          response: { 200: EndpointMaybeSecret },
        },
      },
      async (request, reply) => {
        const { team, endpoint } = request.params;
        const change = { teamId: team, endpointId: endpoint, ...request.body };
        const changed = await updateEndpoint(contextOf(services, request), change);
        return reply.header('cache-control', 'no-store').send(changed);
      },
    );

    app.delete(
      '/v1/teams/:team/endpoints/:endpoint',
      {
        config: { permission: 'endpoints:write' },
        schema: {
          summary: 'Delete an endpoint',
          description: 'What waits to be delivered to it is cancelled. Its history stays.',
          tags,
          params: Params,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, endpoint } = request.params;
        await deleteEndpoint(contextOf(services, request), { teamId: team, endpointId: endpoint });
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/v1/teams/:team/endpoints/:endpoint/secret/rotate',
      {
        config: { permission: 'endpoints:write' },
        schema: {
          summary: 'Rotate the secret of an endpoint',
          description: 'All secrets sign until the overlap ends, so receivers can change over in between.',
          tags,
          params: Params,
          body: RotateSecretBody,
          response: { 200: EndpointWithSecret },
        },
      },
      async (request, reply) => {
        const { team, endpoint } = request.params;
        const input = { teamId: team, endpointId: endpoint, ...request.body };
        return reply.header('cache-control', 'no-store').send(await rotateSecret(contextOf(services, request), input));
      },
    );
  };
}
