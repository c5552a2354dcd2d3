import type { AuditedFields } from '../audit/audited-fields.rules.ts';
import type { Catalogue } from '../readiness/check-definition.ts';
import type { Fault } from './people/fault.rules.ts';
import { makeUpOf, type Part } from './make-up.rules.ts';
import type { Integration, Review } from './review.ts';
import { faultsOfAnswers } from './scope.rules.ts';

type Draft = Pick<Review, 'checklists' | 'integration' | 'answers'>;

const kinds = { sources: 'source', endpoints: 'endpoint', connections: 'connection' } as const;

/** What keeps a review from being as it was written: things that are not there, or answers that answer nothing. */
export function faultsOfReview(
  draft: Draft,
  { catalogue, parts, before }: { catalogue: Catalogue; parts: readonly Part[]; before: Integration | null },
): Fault[] {
  const faults: Fault[] = [];
  draft.checklists.forEach((id, index) => {
    const pointer = `/checklists/${index}`;
    if (!catalogue.checklists.has(id)) {
      faults.push({ pointer, message: `is no checklist; there are ${[...catalogue.checklists.keys()].join(', ')}` });
    }
    if (draft.checklists.indexOf(id) !== index) faults.push({ pointer, message: 'is there already' });
  });
  for (const [name, kind] of Object.entries(kinds) as [keyof Integration, Part['kind']][]) {
    const ids = draft.integration[name];
    ids.forEach((id, index) => {
      const pointer = `/integration/${name}/${index}`;
      const isThere = parts.some((part) => part.kind === kind && part.id === id);
      // What was deleted since may stay, so that the rest can be changed.
      if (!isThere && before?.[name].includes(id) !== true)
        faults.push({ pointer, message: `is no ${kind} of this team` });
      if (ids.indexOf(id) !== index) faults.push({ pointer, message: 'is there already' });
    });
  }
  return [...faults, ...faultsOfAnswers(catalogue.scope, draft.answers, makeUpOf(draft.integration, parts))];
}

export const auditedReview: AuditedFields = {
  name: 'shown',
  checklists: 'shown',
  integration: 'shown',
  answers: 'shown',
  waiverCap: 'shown',
  status: 'shown',
  because: 'shown',
};

/** What the audit log compares of a review. */
export function reviewFacts({ name, checklists, integration, answers, waiverCap, status, because }: Review) {
  return { name, checklists, integration, answers, waiverCap, status, because };
}
