import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { NoContent, Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { createSource } from './create-source.ts';
import { deleteSource } from './delete-source.ts';
import { getSource } from './get-source.ts';
import { listArrivals } from './list-arrivals.ts';
import { listProviders } from './list-providers.ts';
import { listRejections } from './list-rejections.ts';
import { listSources } from './list-sources.ts';
import { Provider } from './provider-schema.ts';
import { Arrival, NewSourceBody, Rejection, Source, SourceChangeBody, SourceMaybeGenerated } from './source-schemas.ts';
import { updateSource } from './update-source.ts';

const Params = Type.Object({
  ...TeamParams.properties,
  source: Type.String({ examples: ['src_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** Where a page of rejections ended: the minute in Unix milliseconds, and the reason. */
const rejectionPosition = /^(\d{1,15}) ([a-z_]{1,100})$/;

/** Sources, what they rejected, and the providers that there may be sources of. */
export function sourceRoutes(options: { services: ContextServices & { publicUrl: () => string } }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Sources'];
    const { services } = options;

    app.post(
      '/v1/teams/:team/sources',
      {
        config: { permission: 'sources:write' },
        schema: {
          summary: 'Create a source',
          description:
            "The answer holds the URL to enter at the provider and, for the only time, secrets that Posthorn made up. The provider's event types are registered for the team.",
          tags,
          params: TeamParams,
          body: NewSourceBody,
          response: { 201: SourceMaybeGenerated },
        },
      },
      async (request, reply) => {
        const created = await createSource(contextOf(services, request), {
          teamId: request.params.team,
          ...request.body,
        });
        return reply.code(201).header('cache-control', 'no-store').send(created);
      },
    );

    app.get(
      '/v1/teams/:team/sources',
      {
        config: { permission: 'sources:read' },
        schema: {
          summary: 'List sources',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: PageQuery,
          response: { 200: Page(Source) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('sources', cursor, (position) => isId(idPrefixes.source, position));
        const input = { teamId: request.params.team, limit: limit + 1, after };
        return toPage('sources', await listSources(contextOf(services, request), input), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/sources/:source',
      {
        config: { permission: 'sources:read' },
        schema: { summary: 'Get a source', tags, params: Params, response: { 200: Source } },
      },
      (request) => {
        const { team, source } = request.params;
        return getSource(contextOf(services, request), { teamId: team, sourceId: source });
      },
    );

    app.patch(
      '/v1/teams/:team/sources/:source',
      {
        config: { permission: 'sources:write' },
        schema: {
          summary: 'Change a source',
          description:
            'What is left out stays as it is; null clears. `credentials` is the whole list that is wanted: an entry without a value keeps the stored one of its name.',
          tags,
          params: Params,
          body: SourceChangeBody,
          response: { 200: SourceMaybeGenerated },
        },
      },
      async (request, reply) => {
        const { team, source } = request.params;
        const change = { teamId: team, sourceId: source, ...request.body };
        const changed = await updateSource(contextOf(services, request), change);
        return reply.header('cache-control', 'no-store').send(changed);
      },
    );

    app.delete(
      '/v1/teams/:team/sources/:source',
      {
        config: { permission: 'sources:write' },
        schema: {
          summary: 'Delete a source',
          description: 'Its URL takes nothing any more. The events that came in through it stay.',
          tags,
          params: Params,
          response: { 204: NoContent },
        },
      },
      async (request, reply) => {
        const { team, source } = request.params;
        await deleteSource(contextOf(services, request), { teamId: team, sourceId: source });
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/v1/teams/:team/sources/:source/rejections',
      {
        config: { permission: 'sources:read' },
        schema: {
          summary: 'List rejections of a source',
          description: 'Newest minute first. Requests of one minute and one reason are counted together.',
          tags,
          params: Params,
          querystring: PageQuery,
          response: { 200: Page(Rejection) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const { team, source } = request.params;
        const list = `rejections-${source}`;
        const position = decodeCursor(list, cursor, (text) => rejectionPosition.test(text));
        const [, minuteMs, reason = ''] = rejectionPosition.exec(position ?? '') ?? [];
        const after = minuteMs === undefined ? null : { minuteMs: Number(minuteMs), reason };
        const rows = await listRejections(contextOf(services, request), {
          teamId: team,
          sourceId: source,
          limit: limit + 1,
          after,
        });
        return toPage(list, rows, limit, (row) => `${Date.parse(row.minute)} ${row.reason}`);
      },
    );

    app.get(
      '/v1/teams/:team/sources/:source/arrivals',
      {
        config: { permission: 'sources:read' },
        schema: {
          summary: 'List where requests to a source came from',
          description: 'The newest 16 verified ones of each origin, newest first; a second or two behind.',
          tags,
          params: Params,
          response: { 200: Page(Arrival) },
        },
      },
      async (request) => {
        const { team, source } = request.params;
        const data = await listArrivals(contextOf(services, request), { teamId: team, sourceId: source });
        return { data, nextCursor: null };
      },
    );

    app.get(
      '/v1/teams/:team/providers',
      {
        config: { permission: 'sources:read' },
        schema: {
          summary: 'List providers',
          description: 'Every provider profile: how to set it up, what it needs, and what its requests prove.',
          tags,
          params: TeamParams,
          response: { 200: Page(Provider) },
        },
      },
      async (request) => {
        const data = await listProviders(contextOf(services, request), { teamId: request.params.team });
        return { data, nextCursor: null };
      },
    );
  };
}
