import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { attachment } from '../../archive/content.rules.ts';
import { decodeCursor, pageQuery, toPage } from '../../http/paging.ts';
import { type ContextServices, contextOf } from '../../http/request-context.ts';
import { Nullable, Page, TeamParams, Text, Time } from '../../http/schemas.ts';
import { idPrefixes, isId } from '../../ids/id.rules.ts';
import { attest } from './attest.ts';
import { confirmAttestation } from './confirm-attestation.ts';
import { getAttestation } from './get-attestation.ts';
import { listAttestations } from './list-attestations.ts';
import type { PeoplePorts } from './people-ports.ts';
import {
  AttestationView,
  CheckId,
  closed,
  FileBody,
  FileView,
  ProofSchema,
  SubjectId,
  showAttestation,
  showFile,
} from './people-schemas.ts';
import { readFile } from './read-file.ts';
import { storeFile } from './store-file.ts';
import { withdrawAttestation } from './withdraw-attestation.ts';

const tags = ['Reviews'];
const fileBodyLimit = 8 * 1024 * 1024;
const Params = Type.Object({
  ...TeamParams.properties,
  attestation: Type.String({ examples: ['ats_01kajxkkj8ffkr1g8xs6a3ek0r'] }),
});

/** What members attest, and the files that it rests on. */
export function attestationRoutes(options: { services: ContextServices & PeoplePorts }) {
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const { services } = options;

    app.post(
      '/v1/teams/:team/attestations',
      {
        config: { permission: 'reviews:sign' },
        schema: {
          summary: 'Attest a check',
          description:
            'A member says that a check holds which nothing can measure, and what that rests on. It counts in every review of the team; where the check asks for it, once another member confirmed it.',
          tags,
          params: TeamParams,
          body: Type.Object(
            {
              check: CheckId,
              subject: Type.Optional(SubjectId),
              proofs: Type.Array(ProofSchema, { minItems: 1, maxItems: 10 }),
              note: Type.Optional(Nullable(Text(2_000))),
              expiresAt: Type.Optional(Time('As long as results of the check are good, unless it is sooner.')),
            },
            closed,
          ),
          response: { 201: AttestationView },
        },
      },
      async (request, reply) => {
        const { check, subject = null, note = null, expiresAt, proofs } = request.body;
        const attestation = await attest(contextOf(services, request), {
          teamId: request.params.team,
          checkId: check,
          subject,
          proofs: proofs.map((proof) => (proof.kind === 'link' ? { ...proof, sha256: proof.sha256 ?? null } : proof)),
          note,
          expiresAtMs: expiresAt === undefined ? null : Date.parse(expiresAt),
        });
        return reply.code(201).send(showAttestation(attestation));
      },
    );

    app.get(
      '/v1/teams/:team/attestations',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List attestations',
          description: 'Newest first, those that were taken back too. The newest of a check and subject counts.',
          tags,
          params: TeamParams,
          querystring: Type.Object({ ...pageQuery, check: Type.Optional(CheckId) }, closed),
          response: { 200: Page(AttestationView) },
        },
      },
      async (request) => {
        const { limit, cursor, check: checkId = null } = request.query;
        const after = decodeCursor('attestations', cursor, (position) => isId(idPrefixes.attestation, position));
        const input = { teamId: request.params.team, checkId, limit: limit + 1, after };
        const rows = await listAttestations(contextOf(services, request), input);
        return toPage('attestations', rows.map(showAttestation), limit, ({ id }) => id);
      },
    );

    app.get(
      '/v1/teams/:team/attestations/:attestation',
      {
        config: { permission: 'reviews:read' },
        schema: { summary: 'Get an attestation', tags, params: Params, response: { 200: AttestationView } },
      },
      async (request) => {
        const { team, attestation } = request.params;
        return showAttestation(await getAttestation(contextOf(services, request), { teamId: team, id: attestation }));
      },
    );

    const turns = [
      ['confirm', 'Confirm an attestation', 'By another member than its author, once.', confirmAttestation],
      [
        'withdraw',
        'Take an attestation back',
        'It counts no more, nor does what was said before.',
        withdrawAttestation,
      ],
    ] as const;
    for (const [verb, summary, description, take] of turns) {
      app.post(
        `/v1/teams/:team/attestations/:attestation/${verb}`,
        {
          config: { permission: 'reviews:sign' },
          schema: { summary, description, tags, params: Params, response: { 200: AttestationView } },
        },
        async (request) => {
          const { team, attestation } = request.params;
          return showAttestation(await take(contextOf(services, request), { teamId: team, id: attestation }));
        },
      );
    }

    app.post(
      '/v1/teams/:team/attestations/files',
      {
        config: { permission: 'reviews:sign' },
        bodyLimit: fileBodyLimit,
        schema: {
          summary: 'Store a file that attestations rest on',
          description: 'Under its SHA-256, and only if it is what its content type says.',
          tags,
          params: TeamParams,
          body: FileBody,
          response: { 201: FileView },
        },
      },
      async (request, reply) => {
        const { name, contentType, base64 } = request.body;
        const input = { teamId: request.params.team, name, contentType, bytes: Buffer.from(base64, 'base64') };
        return reply.code(201).send(showFile(await storeFile(contextOf(services, request), input)));
      },
    );

    app.get(
      '/v1/teams/:team/attestations/files/:sha256',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Download a file that attestations rest on',
          tags,
          params: Type.Object({ ...TeamParams.properties, sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
        },
      },
      async (request, reply) => {
        const { team, sha256 } = request.params;
        const file = await readFile(contextOf(services, request), { teamId: team, sha256 });
        // Whatever it is, no browser shows it as a page of ours.
        return reply
          .type(file.contentType)
          .header('content-disposition', attachment(file.name))
          .header('x-content-type-options', 'nosniff')
          .header('content-security-policy', "default-src 'none'; sandbox")
          .header('cache-control', 'private, no-store')
          .send(file.bytes);
      },
    );
  };
}
