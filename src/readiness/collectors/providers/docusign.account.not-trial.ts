import type { Collector, Subject } from '../../finding.ts';
import type { GatheringContext } from '../../instruments.ts';
import { readDeclared } from '../declared.ts';
import { accountOf, type AccountRead, readBelowAccount } from './docusign-account.ts';
import { judgePlan, type PlanFacts, readRecord } from './docusign.account.not-trial.rules.ts';
import { productionPlaceOf } from './docusign.promotion.ts';

export const accountNotTrial: Collector<PlanFacts> = {
  checkId: 'docusign.account.not-trial',
  version: 1,
  comparesDeclarations: true,
  async gather(context: GatheringContext, subject: Subject) {
    const place = productionPlaceOf(context, subject);
    if (!place.concerned) return place;
    const { parts } = await readDeclared(context, subject);
    const declared = parts.paidPlans?.find(({ connection }) => connection === subject.id) ?? null;
    const accountId = accountOf(place.connection);
    if (accountId === null) return { concerned: true, accountId, declared, read: null };
    const read = recordOf(await readBelowAccount(context, subject.id, accountId, ''));
    return { concerned: true, accountId, declared, read };
  },
  judge: judgePlan,
};

function recordOf(read: AccountRead): Extract<PlanFacts, { concerned: true }>['read'] {
  if (read.kind !== 'answer') return { record: null, why: read.why };
  if (read.status !== 200) return { record: null, why: `the answer was ${read.status}` };
  const record = readRecord(read.body);
  return record === null ? { record, why: 'the answer is no record' } : { record, why: null };
}
