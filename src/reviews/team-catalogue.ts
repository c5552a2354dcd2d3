import type pg from 'pg';
import type { Catalogue, CheckDefinition, Checklist } from '../readiness/check-definition.ts';
import type { TeamCheck } from './checks/team-check.ts';
import { teamChecklists, teamChecks } from './checks/team-definition.store.ts';
import type { ReviewParts } from './review-context.ts';

/** The catalogue as a team has it: with the checks and checklists that it wrote itself. */
export function createTeamCatalogue(options: {
  database: Pick<pg.Pool, 'query'>;
  catalogue: Catalogue;
}): ReviewParts['catalogueOf'] {
  const { catalogue } = options;
  return async (teamId, within = options.database) => {
    const checks = await teamChecks.list(within, teamId);
    const checklists = await teamChecklists.list(within, teamId);
    if (checks.length + checklists.length === 0) return catalogue;
    return {
      ...catalogue,
      checks: new Map([...catalogue.checks, ...checks.map((check) => [check.id, definitionOf(check)] as const)]),
      checklists: new Map([
        ...catalogue.checklists,
        ...checklists.map(
          ({ id, title, signoffs, items }) => [id, { id, title, signoffs, items } satisfies Checklist] as const,
        ),
      ]),
    };
  };
}

/** A team's own check as the catalogue has checks. It is about the organisation, whose configuration nothing changes. */
export function definitionOf(check: TeamCheck): CheckDefinition {
  const { id, title, section, severity, evidence, remedy, ttlHours, measure } = check;
  return {
    id,
    title,
    section,
    subject: 'organisation',
    severity,
    kind: measure.kind === 'attestation' ? 'attested' : 'automatic',
    evidence,
    ttlSeconds: ttlHours * 3600,
    brokenBy: null,
    remedy,
    ...(measure.kind === 'attestation' && measure.needsReview === true ? { needsReview: true } : {}),
  };
}
