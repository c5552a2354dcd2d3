import type pg from 'pg';
import type { AuditAction } from '../../audit/audit-actions.rules.ts';
import type { Fault } from '../people/fault.rules.ts';
import { mostReviews } from '../create-review.ts';
import { listReviewRows } from '../review.store.ts';
import { faultsOfCheck, faultsOfChecklist, type Surroundings } from './team-check.rules.ts';
import type { TeamCheck, TeamChecklist } from './team-check.ts';
import { type DefinitionStore, teamChecklists, teamChecks } from './team-definition.store.ts';

/** What is different between a team's checks and its checklists. */
export type DefinitionKind<Definition extends { id: string }> = {
  noun: 'check' | 'checklist';
  most: number;
  store: DefinitionStore<Definition>;
  actions: { created: AuditAction; updated: AuditAction; deleted: AuditAction };
  faults(definition: Definition, surroundings: Surroundings): Fault[];
  /** Names what needs it; null when nothing does. */
  usedBy(client: pg.PoolClient, teamId: string, id: string): Promise<string | null>;
};

export const checkKind: DefinitionKind<TeamCheck> = {
  noun: 'check',
  most: 100,
  store: teamChecks,
  actions: { created: 'team-check.created', updated: 'team-check.updated', deleted: 'team-check.deleted' },
  faults: faultsOfCheck,
  async usedBy(client, teamId, id) {
    const lists = await teamChecklists.list(client, teamId);
    const list = lists.find(({ items }) => items.some(({ checks }) => checks.includes(id)));
    return list === undefined ? null : `the checklist ${list.id}`;
  },
};

export const checklistKind: DefinitionKind<TeamChecklist> = {
  noun: 'checklist',
  most: 20,
  store: teamChecklists,
  actions: {
    created: 'team-checklist.created',
    updated: 'team-checklist.updated',
    deleted: 'team-checklist.deleted',
  },
  faults: faultsOfChecklist,
  async usedBy(client, teamId, id) {
    const reviews = await listReviewRows(client, { teamId, limit: mostReviews, after: null, status: null });
    const review = reviews.find(({ checklists }) => checklists.includes(id));
    return review === undefined ? null : `the review ${review.id}`;
  },
};
