import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { AccountRead } from './docusign-account.ts';

export type KeyAccepted =
  | { concerned: false; why: string }
  | { concerned: true; accountId: string | null; read: AccountRead | null };

/** The account server gives a token for the key, and the token opens the connection's own account. */
export function judgeKeyAccepted(facts: KeyAccepted): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { accountId, read } = facts;
  const command = 'posthorn connections check <connection>';
  if (accountId === null || read === null) {
    const patch = 'PATCH /v1/teams/{team}/connections/{connection} {"options": {"accountId": "…"}}';
    return unknown('Which account is meant is not entered.', {}, patch);
  }
  const values = { accountId, status: read.kind === 'answer' ? read.status : null };
  if (read.kind === 'refused') return failed(`No token was given: ${read.why}.`, values, command);
  if (read.kind === 'none') return unknown(`DocuSign could not be asked: ${read.why}.`, values, command);
  if (read.status >= 400) return failed(`The token does not open the account: ${read.status}.`, values, command);
  return passed('The key gets tokens in production, and they open the account.', values);
}
