import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { isId } from '../ids/id.rules.ts';
import { createTeam } from './create-team.ts';
import { deleteTeam } from './delete-team.ts';
import { getTeam } from './get-team.ts';
import { listTeams } from './list-teams.ts';
import { updateTeam } from './update-team.ts';

const name = Text(200, { description: 'For people to read.', examples: ['Acme Ltd'] });
const retention = Type.Object(
  { days: Type.Integer({ minimum: 1, maximum: 3650, description: 'How long events and attempts are kept.' }) },
  { additionalProperties: false, examples: [{ days: 30 }] },
);
const Team = Type.Object({
  id: Type.String({ examples: ['team_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  name,
  retention,
  createdAt: Time(),
  updatedAt: Time(),
});

type Stored = { id: string; name: string; retentionDays: number; createdAt: string; updatedAt: string };

function present({ retentionDays, ...team }: Stored) {
  return { ...team, retention: { days: retentionDays } };
}

/** Teams: the operator makes them, a team's own key may read its own. */
export function teamRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Teams'];
    const { services } = options;

    app.post(
      '/v1/teams',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'Create a team',
          tags,
          body: Type.Object({ name, retention: Type.Optional(retention) }, { additionalProperties: false }),
          response: { 201: Team },
        },
      },
      async (request, reply) => {
        const { name: given, retention: kept } = request.body;
        const team = await createTeam(contextOf(services, request), { name: given, retentionDays: kept?.days });
        return reply.code(201).send(present(team));
      },
    );

    app.get(
      '/v1/teams',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'List teams',
          description: 'Newest first.',
          tags,
          querystring: PageQuery,
          response: { 200: Page(Team) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('teams', cursor, (position) => isId('team', position));
        const rows = await listTeams(contextOf(services, request), { limit: limit + 1, after });
        return toPage('teams', rows.map(present), limit, (team) => team.id);
      },
    );

    app.get(
      '/v1/teams/:team',
      {
        config: { permission: 'teams:read' },
        schema: { summary: 'Get a team', tags, params: TeamParams, response: { 200: Team } },
      },
      async (request) => present(await getTeam(contextOf(services, request), { teamId: request.params.team })),
    );

    app.patch(
      '/v1/teams/:team',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'Change a team',
          tags,
          params: TeamParams,
          body: Type.Object(
            { name: Type.Optional(name), retention: Type.Optional(retention) },
            { additionalProperties: false },
          ),
          response: { 200: Team },
        },
      },
      async (request) => {
        const { name: given, retention: kept } = request.body;
        const change = { teamId: request.params.team, name: given, retentionDays: kept?.days };
        return present(await updateTeam(contextOf(services, request), change));
      },
    );

    app.delete(
      '/v1/teams/:team',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'Delete a team',
          description: 'With its endpoints, connections and API keys. What waited to be delivered is cancelled.',
          tags,
          params: TeamParams,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        await deleteTeam(contextOf(services, request), { teamId: request.params.team });
        return reply.code(204).send(null);
      },
    );
  };
}
