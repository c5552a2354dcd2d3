import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, pageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import type { Deployment, Verification } from './deployment.ts';
import {
  deploymentFilter,
  DeploymentSchema,
  NewDeploymentBody,
  NewVerificationBody,
  VerificationSchema,
} from './deployment-schemas.ts';
import { listDeployments, listVerifications } from './list-deployments.ts';
import { productionEnvironment } from './provider-lines.rules.ts';
import { recordDeployment } from './record-deployment.ts';
import { recordVerification } from './record-verification.ts';

const Query = Type.Object({ ...pageQuery, ...deploymentFilter }, { additionalProperties: false });

/** Deployments on record, and the runs of `posthorn verify` before them. */
export function deploymentRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Deployments'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/deployments',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Record a deployment',
          description: 'That a release begins to be deployed. Nothing is deployed by it.',
          tags,
          params: TeamParams,
          body: NewDeploymentBody,
          response: { 201: DeploymentSchema },
        },
      },
      async (request, reply) => {
        const { environment = productionEnvironment, ...body } = request.body;
        const input = { teamId: request.params.team, environment, ...body };
        return reply.code(201).send(presentDeployment(await recordDeployment(contextOf(services, request), input)));
      },
    );

    app.get(
      '/v1/teams/:team/deployments',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List deployments',
          description: 'What was put on record last comes first.',
          tags,
          params: TeamParams,
          querystring: Query,
          response: { 200: Page(DeploymentSchema) },
        },
      },
      async (request) => {
        const { limit, cursor, release = null, environment = null } = request.query;
        const after = decodeCursor('deployments', cursor, (position) => isId(idPrefixes.deployment, position));
        const input = { teamId: request.params.team, release, environment, limit: limit + 1, after };
        const found = await listDeployments(contextOf(services, request), input);
        return toPage('deployments', found.map(presentDeployment), limit, ({ id }) => id);
      },
    );

    app.post(
      '/v1/teams/:team/verifications',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Record a verification',
          description: 'A run of `posthorn verify` that has just ended: what `posthorn verify --record` sends.',
          tags,
          params: TeamParams,
          body: NewVerificationBody,
          response: { 201: VerificationSchema },
        },
      },
      async (request, reply) => {
        const { environment = productionEnvironment, linesLeftOut = 0, ...body } = request.body;
        const input = { teamId: request.params.team, environment, linesLeftOut, ...body };
        return reply.code(201).send(presentVerification(await recordVerification(contextOf(services, request), input)));
      },
    );

    app.get(
      '/v1/teams/:team/verifications',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List verifications',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: Query,
          response: { 200: Page(VerificationSchema) },
        },
      },
      async (request) => {
        const { limit, cursor, release = null, environment = null } = request.query;
        const after = decodeCursor('verifications', cursor, (position) => isId(idPrefixes.verification, position));
        const input = { teamId: request.params.team, release, environment, limit: limit + 1, after };
        const found = await listVerifications(contextOf(services, request), input);
        return toPage('verifications', found.map(presentVerification), limit, ({ id }) => id);
      },
    );
  };
}

function presentDeployment({ connectionId, ...deployment }: Deployment) {
  return { ...deployment, connection: connectionId };
}

function presentVerification({ lines, ...verification }: Verification) {
  return { ...verification, lines: [...lines] };
}
