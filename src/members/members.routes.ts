import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { addMember } from './add-member.ts';
import { changeMember } from './change-member.ts';
import { emailPattern } from './email.rules.ts';
import { getMember } from './get-member.ts';
import { listMembers } from './list-members.ts';
import { removeMember } from './remove-member.ts';
import { roles } from './role-permissions.rules.ts';

const name = Text(200, { description: 'Who it is, for people to read.', examples: ['Ada Example'] });
const email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: emailPattern,
  description: 'Of no two members of the team, in whatever case it is written.',
  examples: ['ada@example.com'],
});
const role = Type.Enum([...roles], { description: 'What the keys of the member may do at most.' });
const status = Type.Enum(['active', 'removed']);
const Member = Type.Object({
  id: Type.String({ examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
  name,
  email: Type.String(),
  role,
  status,
  invitedBy: Type.String({ description: '`operator`, or the id of a member or of an API key.' }),
  createdAt: Time(),
  updatedAt: Time(),
  removedAt: Nullable(Time()),
});
const Params = Type.Object({
  ...TeamParams.properties,
  member: Type.String({ examples: ['mem_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** The members of a team. */
export function memberRoutes(options: { services: ContextServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Members'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/members',
      {
        config: { permission: 'members:write' },
        schema: {
          summary: 'Add a member',
          description: 'With no wider role than the key holds all of; owners are made by owners and the operator.',
          tags,
          params: TeamParams,
          body: Type.Object({ name, email, role }, { additionalProperties: false }),
          response: { 201: Member },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, ...request.body };
        return reply.code(201).send(await addMember(contextOf(services, request), input));
      },
    );

    app.get(
      '/v1/teams/:team/members',
      {
        config: { permission: 'members:read' },
        schema: {
          summary: 'List members',
          description: 'Newest first; those that were removed too, unless a status is wanted.',
          tags,
          params: TeamParams,
          querystring: Type.Object({ ...PageQuery.properties, status: Type.Optional(status) }),
          response: { 200: Page(Member) },
        },
      },
      async (request) => {
        const { limit, cursor, status: wanted = null } = request.query;
        const after = decodeCursor('members', cursor, (position) => isId(idPrefixes.member, position));
        const input = { teamId: request.params.team, limit: limit + 1, after, status: wanted };
        return toPage('members', await listMembers(contextOf(services, request), input), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/members/:member',
      {
        config: { permission: 'members:read' },
        schema: { summary: 'Get a member', tags, params: Params, response: { 200: Member } },
      },
      (request) => {
        const { team, member } = request.params;
        return getMember(contextOf(services, request), { teamId: team, memberId: member });
      },
    );

    app.patch(
      '/v1/teams/:team/members/:member',
      {
        config: { permission: 'members:write' },
        schema: {
          summary: 'Change a member',
          description:
            'Another role holds for the keys of the member from their next request. Nobody raises their own, and the last owner of a team stays one.',
          tags,
          params: Params,
          body: Type.Object(
            { name: Type.Optional(name), email: Type.Optional(email), role: Type.Optional(role) },
            { additionalProperties: false },
          ),
          response: { 200: Member },
        },
      },
      (request) => {
        const { team, member } = request.params;
        return changeMember(contextOf(services, request), { teamId: team, memberId: member, ...request.body });
      },
    );

    app.delete(
      '/v1/teams/:team/members/:member',
      {
        config: { permission: 'members:write' },
        schema: {
          summary: 'Remove a member',
          description: 'With the API keys of the member. What they did stays under their name.',
          tags,
          params: Params,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, member } = request.params;
        await removeMember(contextOf(services, request), { teamId: team, memberId: member });
        return reply.code(204).send(null);
      },
    );
  };
}
