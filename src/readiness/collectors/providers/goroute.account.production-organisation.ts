import type { Collector } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { dayMs } from '../../finding.rules.ts';
import { readDeclared } from '../declared.ts';
import { readEventBodies } from '../event-bodies.ts';
import { gorouteProduction } from './goroute-connection.ts';
import {
  judgeOrganisation,
  type OrganisationFacts,
  readOrganisations,
} from './goroute.account.production-organisation.rules.ts';
import { readOwn } from './own-read.ts';

const eventsMost = 200;

export const productionOrganisation: Collector<OrganisationFacts> = {
  checkId: 'goroute.account.production-organisation',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject) {
    const found = gorouteProduction(context, subject);
    if (!found.concerned) return found;
    const { teamId, sourceIds } = found.connection;
    const { parts } = await readDeclared(context, subject);
    const identifiers = parts.legalEntity?.identifiers ?? [];
    const organisation = parts.providers?.find(({ connection }) => connection === subject.id)?.organisation ?? null;
    const isDeclared = identifiers.length > 0 && organisation !== null;
    const read = isDeclared ? await readOwn(context, subject.id, '/api/v1/organizations') : null;
    const sinceMs = context.nowMs - 7 * dayMs;
    const events = await readEventBodies(context, { teamId, sourceIds, sinceMs, most: eventsMost });
    const named = events.flatMap(({ body }) => {
      const id = (body as { organization_id?: unknown } | null)?.organization_id;
      return typeof id === 'string' ? [id] : [];
    });
    return {
      concerned: true,
      answer: { status: read?.status ?? 0, problem: read?.problem ?? null, ...readOrganisations(read?.body ?? '') },
      identifiers,
      organisation,
      webhookOrganisations: [...new Set(named)],
    };
  },
  judge: judgeOrganisation,
};
