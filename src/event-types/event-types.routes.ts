import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Nullable, Page, TeamParams, Text, Time } from '../http/schemas.ts';
import { createEventType } from './create-event-type.ts';
import { deleteEventType } from './delete-event-type.ts';
import { getEventType } from './get-event-type.ts';
import { listEventTypes } from './list-event-types.ts';
import { updateEventType } from './update-event-type.ts';

const namePattern = '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,126}$';
const name = Type.String({ pattern: namePattern, description: 'Unique in the team.', examples: ['invoice.paid'] });
const description = Nullable(Text(2000));
const schema = Type.Unknown({
  description: 'JSON Schema, draft 2020-12. Payloads that do not match are refused. null takes every payload.',
  examples: [{ type: 'object', properties: { invoiceId: { type: 'string' } }, required: ['invoiceId'] }],
});
const example = Type.Unknown({
  description: 'A payload that matches the schema.',
  examples: [{ invoiceId: 'inv_17' }],
});
const EventType = Type.Object({
  name,
  description,
  schema,
  example,
  operational: Type.Boolean({ description: 'True for the types that Posthorn itself sends.' }),
  createdAt: Nullable(Time()),
  updatedAt: Nullable(Time()),
});
const Params = Type.Object({ ...TeamParams.properties, name: Type.String({ examples: ['invoice.paid'] }) });
const settings = {
  description: Type.Optional(description),
  schema: Type.Optional(schema),
  example: Type.Optional(example),
};

type Services = ContextServices & {
  /** Resolves when this node knows the team's types as they are: whoever was answered may post one of them at once. */
  onEventTypes?: (teamId: string) => Promise<unknown>;
};

/** The registry of what a team's events may be. */
export function eventTypeRoutes(options: { services: Services }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Event types'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/event-types',
      {
        config: { permission: 'event-types:write' },
        schema: {
          summary: 'Register an event type',
          tags,
          params: TeamParams,
          body: Type.Object({ name, ...settings }, { additionalProperties: false }),
          response: { 201: EventType },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, ...request.body };
        const created = await createEventType(contextOf(services, request), input);
        await services.onEventTypes?.(input.teamId);
        return reply.code(201).send(created);
      },
    );

    app.get(
      '/v1/teams/:team/event-types',
      {
        config: { permission: 'event-types:read' },
        schema: {
          summary: 'List event types',
          description: "By name. Posthorn's own types, which start with `posthorn.`, are among them.",
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(EventType) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const isName = new RegExp(namePattern);
        const after = decodeCursor('event-types', cursor, (position) => isName.test(position));
        const input = { teamId: request.params.team, limit: limit + 1, after };
        return toPage(
          'event-types',
          await listEventTypes(contextOf(services, request), input),
          limit,
          (type) => type.name,
        );
      },
    );

    app.get(
      '/v1/teams/:team/event-types/:name',
      {
        config: { permission: 'event-types:read' },
        schema: { summary: 'Get an event type', tags, params: Params, response: { 200: EventType } },
      },
      (request) => {
        const { team, name: wanted } = request.params;
        return getEventType(contextOf(services, request), { teamId: team, name: wanted });
      },
    );

    app.patch(
      '/v1/teams/:team/event-types/:name',
      {
        config: { permission: 'event-types:write' },
        schema: {
          summary: 'Change an event type',
          description: 'What is left out stays as it is; null clears.',
          tags,
          params: Params,
          body: Type.Object(settings, { additionalProperties: false }),
          response: { 200: EventType },
        },
      },
      async (request) => {
        const { team, name: wanted } = request.params;
        const input = { teamId: team, name: wanted, ...request.body };
        const updated = await updateEventType(contextOf(services, request), input);
        await services.onEventTypes?.(team);
        return updated;
      },
    );

    app.delete(
      '/v1/teams/:team/event-types/:name',
      {
        config: { permission: 'event-types:write' },
        schema: {
          summary: 'Delete an event type',
          description: 'Further events of this type are refused; those accepted before are delivered.',
          tags,
          params: Params,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, name: wanted } = request.params;
        await deleteEventType(contextOf(services, request), { teamId: team, name: wanted });
        await services.onEventTypes?.(team);
        return reply.code(204).send(null);
      },
    );
  };
}
