import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { type ContextServices, contextOf } from '../../http/request-context.ts';
import { NoContent, TeamParams } from '../../http/schemas.ts';
import { checkKind, checklistKind, type DefinitionKind } from './definition-kind.ts';
import type { Rule, TeamCheck } from './team-check.ts';
import {
  CheckBody,
  CheckChange,
  CheckView,
  ChecklistBody,
  ChecklistChange,
  ChecklistView,
  Id,
} from './team-check-schemas.ts';
import {
  createDefinition,
  deleteDefinition,
  getDefinition,
  listDefinitions,
  replaceDefinition,
  type TeamCheckPorts,
} from './write-definition.ts';

const tags = ['Reviews'];
const CheckParams = Type.Object({ ...TeamParams.properties, check: Id });
const ChecklistParams = Type.Object({ ...TeamParams.properties, checklist: Id });

/** Checks and checklists that teams write themselves. */
export function teamCheckRoutes(options: { services: ContextServices & TeamCheckPorts }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const ctxOf = (request: FastifyRequest) => contextOf(options.services, request);

    app.post(
      '/v1/teams/:team/checks',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Write a check',
          description: 'An HTTP probe, a rule over what other checks found, or something that a person attests.',
          tags,
          params: TeamParams,
          body: CheckBody,
          response: { 201: CheckView },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, definition: checkOf(request.body) };
        return reply.code(201).send(presentCheck(await createDefinition(ctxOf(request), checkKind, input)));
      },
    );
    app.get(
      '/v1/teams/:team/checks',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the checks that the team wrote',
          tags,
          params: TeamParams,
          response: { 200: Type.Object({ data: Type.Array(CheckView) }) },
        },
      },
      async (request) => {
        const found = await listDefinitions(ctxOf(request), checkKind, request.params.team);
        return { data: found.map(presentCheck) };
      },
    );
    app.get(
      '/v1/teams/:team/checks/:check',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'Get a check that the team wrote', tags, params: CheckParams, response: { 200: CheckView } },
      },
      async (request) => {
        const { team, check } = request.params;
        return presentCheck(await getDefinition(ctxOf(request), checkKind, { teamId: team, id: check }));
      },
    );
    app.put(
      '/v1/teams/:team/checks/:check',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Replace a check that the team wrote',
          description: 'What was measured by the former one is stale.',
          tags,
          params: CheckParams,
          body: CheckChange,
          response: { 200: CheckView },
        },
      },
      async (request) => {
        const { team, check } = request.params;
        const { version, ...body } = request.body;
        const input = { teamId: team, definition: checkOf({ ...body, id: check }), version };
        return presentCheck(await replaceDefinition(ctxOf(request), checkKind, input));
      },
    );

    app.post(
      '/v1/teams/:team/checklists',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Write a checklist',
          description: 'Of checks of the catalogue and of the team.',
          tags,
          params: TeamParams,
          body: ChecklistBody,
          response: { 201: ChecklistView },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, definition: request.body };
        return reply.code(201).send(await createDefinition(ctxOf(request), checklistKind, input));
      },
    );
    app.get(
      '/v1/teams/:team/checklists',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the checklists that the team wrote',
          tags,
          params: TeamParams,
          response: { 200: Type.Object({ data: Type.Array(ChecklistView) }) },
        },
      },
      async (request) => {
        const found = await listDefinitions(ctxOf(request), checklistKind, request.params.team);
        return { data: found };
      },
    );
    app.get(
      '/v1/teams/:team/checklists/:checklist',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get a checklist that the team wrote',
          tags,
          params: ChecklistParams,
          response: { 200: ChecklistView },
        },
      },
      async (request) => {
        const { team, checklist } = request.params;
        return getDefinition(ctxOf(request), checklistKind, { teamId: team, id: checklist });
      },
    );
    app.put(
      '/v1/teams/:team/checklists/:checklist',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Replace a checklist that the team wrote',
          tags,
          params: ChecklistParams,
          body: ChecklistChange,
          response: { 200: ChecklistView },
        },
      },
      async (request) => {
        const { team, checklist } = request.params;
        const { version, ...body } = request.body;
        const input = { teamId: team, definition: { ...body, id: checklist }, version };
        return replaceDefinition(ctxOf(request), checklistKind, input);
      },
    );

    const remove = <Definition extends { id: string }>(
      request: FastifyRequest,
      kind: DefinitionKind<Definition>,
      named: { teamId: string; id: string },
    ) => deleteDefinition(ctxOf(request), kind, named);
    app.delete(
      '/v1/teams/:team/checks/:check',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Delete a check that the team wrote',
          description: 'Refused while a checklist names it.',
          tags,
          params: CheckParams,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, check } = request.params;
        await remove(request, checkKind, { teamId: team, id: check });
        return reply.code(204).send(null);
      },
    );
    app.delete(
      '/v1/teams/:team/checklists/:checklist',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Delete a checklist that the team wrote',
          description: 'Refused while a review is held to it.',
          tags,
          params: ChecklistParams,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, checklist } = request.params;
        await remove(request, checklistKind, { teamId: team, id: checklist });
        return reply.code(204).send(null);
      },
    );
  };
}

/** The rule is looked at by hand, with the place of each mistake: see read-rule.rules.ts. */
function checkOf({ measure, ...rest }: Static<typeof CheckBody>): TeamCheck {
  if (measure.kind !== 'expression') return { ...rest, measure };
  return { ...rest, measure: { kind: measure.kind, rule: measure.rule as Rule } };
}

function presentCheck({ measure, ...rest }: Awaited<ReturnType<typeof getDefinition<TeamCheck>>>) {
  if (measure.kind !== 'expression') return { ...rest, measure };
  return { ...rest, measure: { kind: measure.kind, rule: measure.rule as unknown } };
}
