import { Readable } from 'node:stream';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { decodeCursor, PageQuery, pageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import { CheckpointView, EntryView, entryQuery, PublicKeyView } from './audit-schemas.ts';
import type { AuditServices } from './create-audit.ts';
import { exportAudit } from './export-audit.ts';
import { listCheckpoints } from './list-checkpoints.ts';
import { listAllEntries, listTeamEntries } from './list-entries.ts';

const tags = ['Audit'];
const EntryQuery = Type.Object({ ...pageQuery, ...entryQuery }, { additionalProperties: false });
const isNumber = (position: string): boolean => /^[1-9]\d{0,14}$/.test(position);

/** The audit log: its entries, its exports, and the checkpoints that are signed over it. */
export function auditRoutes(options: { services: ContextServices & AuditServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services } = options;

    app.get(
      '/v1/teams/:team/audit',
      {
        config: { permission: 'audit:read' },
        schema: {
          summary: 'List audit entries of a team',
          description: 'Newest first. Reading is itself on record. A team that was deleted keeps its log.',
          tags,
          params: TeamParams,
          querystring: EntryQuery,
          response: { 200: Page(EntryView) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('audit', cursor, isNumber);
        const rows = await listTeamEntries(contextOf(services, request), {
          teamId: request.params.team,
          filter: filterOf(request.query),
          limit: limit + 1,
          after: after === null ? null : Number(after),
        });
        return toPage('audit', rows, limit, ({ sequence }) => String(sequence));
      },
    );

    app.get(
      '/v1/teams/:team/audit/export',
      {
        config: { permission: 'audit:read' },
        schema: {
          summary: 'Export the audit log of a team',
          description: 'JSON lines that `posthorn audit verify --export` verifies anywhere. The export is on record.',
          tags,
          params: TeamParams,
        },
      },
      async (request, reply) => {
        const { team } = request.params;
        return stream(reply, team, await exportAudit(contextOf(services, request), { team }));
      },
    );

    app.get(
      '/v1/audit',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'List audit entries',
          description: 'Of every team and of the gateway itself, newest first. Reading is itself on record.',
          tags,
          querystring: EntryQuery,
          response: { 200: Page(EntryView) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('audit-all', cursor, (position) => isId(idPrefixes.auditEntry, position));
        const input = { filter: filterOf(request.query), limit: limit + 1, after };
        return toPage('audit-all', await listAllEntries(contextOf(services, request), input), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/audit/export',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'Export the audit log',
          description: 'Every chain and every checkpoint, as JSON lines that verify anywhere. The export is on record.',
          tags,
        },
      },
      async (request, reply) => stream(reply, 'posthorn', await exportAudit(contextOf(services, request), 'all')),
    );

    app.get(
      '/v1/audit/checkpoints',
      {
        config: { permission: 'operator' },
        schema: {
          summary: 'List audit checkpoints',
          description: 'Newest first. One that is kept elsewhere proves what the log was at its time.',
          tags,
          querystring: PageQuery,
          response: { 200: Page(CheckpointView) },
        },
      },
      async (request) => {
        const { limit, cursor } = request.query;
        const after = decodeCursor('audit-checkpoints', cursor, isNumber);
        const rows = await listCheckpoints(contextOf(services, request), {
          limit: limit + 1,
          after: after === null ? null : Number(after),
        });
        const shown = rows.map((row) => ({ ...row, heads: [...row.heads] }));
        return toPage('audit-checkpoints', shown, limit, ({ number }) => String(number));
      },
    );

    app.get(
      '/v1/audit/public-key',
      {
        config: { permission: 'public' },
        schema: {
          summary: 'Get the public key of audit checkpoints',
          description: 'Keep it elsewhere: what a log is verified with should not come from where the log is.',
          tags,
          response: { 200: PublicKeyView },
        },
      },
      async () => {
        const { keyId, publicKey } = await services.signer();
        return {
          key: keyId,
          publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
          pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        };
      },
    );
  };
}

type Query = Static<typeof EntryQuery>;

function filterOf({ actor, action, target, since, until }: Query) {
  return { actor, action, target, sinceMs: instant(since), untilMs: instant(until) };
}

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function stream(reply: FastifyReply, name: string, lines: AsyncIterable<string>) {
  return reply
    .header('content-type', 'application/x-ndjson; charset=utf-8')
    .header('content-disposition', `attachment; filename="audit-${name}.jsonl"`)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .send(Readable.from(lines));
}
