import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { AccountRead } from './docusign-account.ts';

export type CarriedOver =
  | { concerned: false; why: string }
  | {
      concerned: true;
      accountId: string | null;
      /** Templates that 90 days of sandbox calls named in their paths. */
      used: readonly string[];
      /** What the launch plan says, with what production answered about each twin. */
      twins: readonly { sandbox: string; production: string; read: AccountRead }[];
    };

/** Every template that the sandbox used has a twin in the plan, and production has each twin, with signers in roles. */
export function judgeCarriedOver(facts: CarriedOver): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { accountId, used, twins } = facts;
  const command = 'PUT /v1/teams/{team}/reviews/{review}/launch-plan';
  const values = { templatesUsed: used.length, twins: twins.length };
  if (accountId === null) {
    const patch = 'PATCH /v1/teams/{team}/connections/{connection} {"options": {"accountId": "…"}}';
    return unknown('Which account is meant is not entered.', values, patch);
  }
  const mapped = new Set(twins.map(({ sandbox }) => sandbox.toLowerCase()));
  const missing = used.filter((id) => !mapped.has(id.toLowerCase()));
  if (missing.length > 0) return failed(`The plan names no twin of ${listed(missing)}.`, values, command);
  if (twins.length === 0) {
    return unknown(
      'No template is named in paths of calls or in the plan, and bodies of calls are not looked into.',
      values,
      command,
    );
  }
  const away = twins.find(({ read }) => read.kind !== 'answer');
  if (away !== undefined && away.read.kind !== 'answer') {
    return unknown(`Production could not be asked for ${away.production}: ${away.read.why}.`, values);
  }
  const absent = twins
    .filter(({ read }) => read.kind === 'answer' && read.status >= 400)
    .map(({ production }) => production);
  if (absent.length > 0) return failed(`Production has no ${listed(absent)}.`, values, command);
  return passed(`Production has ${counted(twins.length, 'template')} that the plan names.`, values);
}
