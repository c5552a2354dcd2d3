import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { decodeCursor, PageQuery, toPage } from '../http/paging.ts';
import { Page, TeamParams } from '../http/schemas.ts';
import { idPrefixes, isId } from '../ids/id.rules.ts';
import type { CheckStatus, Readiness } from './create-readiness.ts';
import { fillCommand } from './fill-command.rules.ts';
import type { Evidence } from './finding.ts';
import { CheckStatusSchema, EvidenceSchema } from './readiness-schemas.ts';

const CheckParams = Type.Object({
  ...TeamParams.properties,
  check: Type.String({ maxLength: 200, examples: ['transport.endpoints-https-only'] }),
});
const SubjectId = Type.String({ maxLength: 100, description: 'Of this source, endpoint or connection alone.' });
const Statuses = Type.Object({ data: Type.Array(CheckStatusSchema) });

/** How ready a team is: checks decided from evidence, and the evidence. */
export function readinessRoutes(options: { readiness: Readiness }) {
  const { readiness } = options;
  return async (plain: FastifyInstance): Promise<void> => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>();
    const tags = ['Readiness'];

    app.get(
      '/v1/teams/:team/readiness',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'Get the state of every check',
          description: 'From the newest evidence; nothing is measured.',
          tags,
          params: TeamParams,
          response: { 200: Statuses },
        },
      },
      async (request) => {
        const { team } = request.params;
        return { data: (await readiness.states(team)).map((status) => presentStatus(team, status)) };
      },
    );

    app.post(
      '/v1/teams/:team/readiness/run',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Measure every check',
          description:
            'Everything that the gateway can decide by itself; the rest is answered as unknown, with the reason.',
          tags,
          params: TeamParams,
          response: { 200: Statuses },
        },
      },
      async (request) => {
        const { team } = request.params;
        return { data: (await readiness.evaluateAll(team)).map((status) => presentStatus(team, status)) };
      },
    );

    app.post(
      '/v1/teams/:team/readiness/:check/run',
      {
        config: { permission: 'reviews:write' },
        schema: {
          summary: 'Measure one check',
          tags,
          params: CheckParams,
          querystring: Type.Object({ subject: Type.Optional(SubjectId) }, { additionalProperties: false }),
          response: { 200: Statuses },
        },
      },
      async (request) => {
        const { team, check } = request.params;
        const input = { teamId: team, checkId: check, subjectId: request.query.subject };
        return { data: (await readiness.evaluate(input)).map((status) => presentStatus(team, status)) };
      },
    );

    app.get(
      '/v1/teams/:team/readiness/:check/evidence',
      {
        config: { permission: 'reviews:read' },
        schema: {
          summary: 'List the evidence of a check',
          description: 'Newest first. Evidence is never changed.',
          tags,
          params: CheckParams,
          querystring: Type.Object(
            { ...PageQuery.properties, subject: Type.Optional(SubjectId) },
            { additionalProperties: false },
          ),
          response: { 200: Page(EvidenceSchema) },
        },
      },
      async (request) => {
        const { team, check } = request.params;
        const { limit, cursor, subject = null } = request.query;
        const after = decodeCursor('evidence', cursor, (position) => isId(idPrefixes.evidence, position));
        const input = { teamId: team, checkId: check, subjectId: subject, limit: limit + 1, after };
        return toPage('evidence', (await readiness.history(input)).map(presentEvidence), limit, ({ id }) => id);
      },
    );
  };
}

function presentStatus(teamId: string, status: CheckStatus) {
  const { checkId, definition, subject, state, because, evidence, decidable } = status;
  const runAgain =
    definition?.kind === 'drill'
      ? `/v1/teams/${teamId}/drills/runs`
      : `/v1/teams/${teamId}/readiness/${checkId}/run?subject=${subject.id}`;
  return {
    check: checkId,
    title: definition?.title ?? null,
    section: definition?.section ?? null,
    severity: definition?.severity ?? null,
    kind: definition?.kind ?? null,
    subject: { kind: subject.kind, id: subject.id, name: subject.name },
    state,
    because,
    seen: evidence?.finding.seen ?? null,
    values: [...(evidence?.finding.values ?? [])],
    why: definition?.evidence ?? null,
    remedy: definition?.remedy ?? null,
    command: fillCommand(evidence?.finding.command ?? null, { teamId, subject }),
    runAgain: decidable ? runAgain : null,
    evidenceId: evidence?.id ?? null,
    measuredAt: evidence === null ? null : new Date(evidence.measuredAtMs).toISOString(),
    expiresAt: evidence === null ? null : new Date(evidence.expiresAtMs).toISOString(),
  };
}

function presentEvidence(evidence: Evidence) {
  const { id, checkId, subject, finding, collectorVersion, release, environment, configurationDigest, hash } = evidence;
  return {
    id,
    check: checkId,
    subject: { kind: subject.kind, id: subject.id },
    state: finding.state,
    seen: finding.seen,
    values: [...finding.values],
    command: finding.command,
    ...(finding.reviews === undefined ? {} : { reviews: { ...finding.reviews } }),
    measuredAt: new Date(evidence.measuredAtMs).toISOString(),
    expiresAt: new Date(evidence.expiresAtMs).toISOString(),
    collectorVersion,
    release,
    environment,
    configurationDigest,
    hash,
  };
}
