import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, pageQuery, toPage } from '../http/paging.ts';
import { type ContextServices, contextOf } from '../http/request-context.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import {
  ArchivedDocumentView,
  ArchiveJobView,
  documentQuery,
  jobQuery,
  NewJobBody,
  VerificationView,
  VerifyBody,
} from './archive-schemas.ts';
import { archiveSubject } from './archive-subject.ts';
import type { ArchiveServices } from './archive-services.ts';
import { attachment } from './content.rules.ts';
import { getDocument } from './get-document.ts';
import { getVerification } from './get-verification.ts';
import { listDocuments } from './list-documents.ts';
import { listJobs } from './list-jobs.ts';
import { readDocument } from './read-document.ts';
import { retryJob } from './retry-job.ts';
import { startVerification } from './start-verification.ts';

const DocumentParams = Type.Object({
  ...TeamParams.properties,
  document: Type.String({ examples: ['doc_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const JobParams = Type.Object({
  ...TeamParams.properties,
  job: Type.String({ examples: ['ajb_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});
const read = { permission: 'archive:read' } as const;
const write = { permission: 'archive:write' } as const;
const tags = ['Archive'];

/** The archive: its documents and their bytes, its jobs, and verification. */
export function archiveRoutes(options: { services: ContextServices & ArchiveServices }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services } = options;

    app.get(
      '/v1/teams/:team/archive',
      {
        config: read,
        schema: {
          summary: 'List archived documents',
          description: 'Newest first.',
          tags,
          params: TeamParams,
          querystring: Type.Object({ ...pageQuery, ...documentQuery }, { additionalProperties: false }),
          response: { 200: Page(ArchivedDocumentView) },
        },
      },
      async (request) => {
        const { limit, cursor, connection, since, until, ...filter } = request.query;
        const after = decodeCursor('archive', cursor, (position) => isId(idPrefixes.archivedDocument, position));
        const rows = await listDocuments(contextOf(services, request), {
          teamId: request.params.team,
          filter: { ...filter, connectionId: connection, sinceMs: instant(since), untilMs: instant(until) },
          limit: limit + 1,
          after,
        });
        return toPage('archive', rows, limit, ({ id }) => id);
      },
    );

    app.post(
      '/v1/teams/:team/archive',
      {
        config: write,
        schema: {
          summary: 'Archive a subject now',
          description:
            'Has the documents of one subject fetched, without an event. Where it has a job already, everything is fetched once more.',
          tags,
          params: TeamParams,
          body: NewJobBody,
          response: { 202: ArchiveJobView },
        },
      },
      async (request, reply) => {
        const { connection, ...asked } = request.body;
        const input = { teamId: request.params.team, connectionId: connection, ...asked };
        return reply.code(202).send(await archiveSubject(contextOf(services, request), input));
      },
    );

    app.get(
      '/v1/teams/:team/archive/:document',
      {
        config: read,
        schema: {
          summary: 'Get an archived document',
          tags,
          params: DocumentParams,
          response: { 200: ArchivedDocumentView },
        },
      },
      (request) => {
        const { team, document } = request.params;
        return getDocument(contextOf(services, request), { teamId: team, documentId: document });
      },
    );

    app.get(
      '/v1/teams/:team/archive/:document/body',
      {
        config: read,
        schema: {
          summary: 'Download an archived document',
          description:
            'Its bytes are compared with their hash on the way: the transfer breaks off before its end when they are not what was stored. `Repr-Digest` holds the hash (RFC 9530).',
          tags,
          params: DocumentParams,
        },
      },
      async (request, reply) => {
        const { team, document: documentId } = request.params;
        const found = await readDocument(contextOf(services, request), { teamId: team, documentId });
        const { name, contentType, sizeBytes, sha256 } = found.document;
        // A document is somebody else's text: nothing in it may run in this origin.
        return reply
          .header('content-type', contentType)
          .header('content-length', sizeBytes)
          .header('content-disposition', attachment(name))
          .header('repr-digest', `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
          .header('etag', `"${sha256}"`)
          .header('cache-control', 'private, no-transform')
          .header('x-content-type-options', 'nosniff')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .send(found.body);
      },
    );

    app.get(
      '/v1/teams/:team/archive/jobs',
      {
        config: read,
        schema: {
          summary: 'List archive jobs',
          description: 'What is to be fetched, what was, and what stands in the way. Newest first.',
          tags,
          params: TeamParams,
          querystring: Type.Object({ ...pageQuery, ...jobQuery }, { additionalProperties: false }),
          response: { 200: Page(ArchiveJobView) },
        },
      },
      async (request) => {
        const { limit, cursor, connection, ...filter } = request.query;
        const after = decodeCursor('archive-jobs', cursor, (position) => isId(idPrefixes.archiveJob, position));
        const rows = await listJobs(contextOf(services, request), {
          teamId: request.params.team,
          filter: { ...filter, connectionId: connection },
          limit: limit + 1,
          after,
        });
        return toPage('archive-jobs', rows, limit, ({ id }) => id);
      },
    );

    app.post(
      '/v1/teams/:team/archive/jobs/:job/retry',
      {
        config: write,
        schema: {
          summary: 'Retry an archive job',
          description: 'Now, and from its beginning: everything is fetched once more.',
          tags,
          params: JobParams,
          response: { 202: ArchiveJobView },
        },
      },
      async (request, reply) => {
        const { team, job } = request.params;
        return reply.code(202).send(await retryJob(contextOf(services, request), { teamId: team, jobId: job }));
      },
    );

    app.post(
      '/v1/teams/:team/archive/verify',
      {
        config: write,
        schema: {
          summary: 'Verify the archive',
          description: 'In the background. While a verification runs, it is answered instead of another.',
          tags,
          params: TeamParams,
          body: VerifyBody,
          response: { 202: VerificationView },
        },
      },
      async (request, reply) => {
        const input = { teamId: request.params.team, all: request.body.all };
        return reply.code(202).send(await startVerification(contextOf(services, request), input));
      },
    );

    app.get(
      '/v1/teams/:team/archive/verify',
      {
        config: read,
        schema: {
          summary: 'Get the verification of the archive',
          description: 'The one that runs, or the last one.',
          tags,
          params: TeamParams,
          response: { 200: VerificationView },
        },
      },
      (request) => getVerification(contextOf(services, request), { teamId: request.params.team }),
    );
  };
}

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
