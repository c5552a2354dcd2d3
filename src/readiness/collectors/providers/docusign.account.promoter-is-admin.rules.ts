import type { Finding } from '../../finding.ts';
import { failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { AccountRead } from './docusign-account.ts';

export type PromoterFacts =
  | { concerned: false; why: string }
  | {
      concerned: true;
      accountId: string | null;
      /** The user whom the promotion names; null: it names nobody. */
      promoter: string | null;
      read: AccountRead | null;
    };

/** Of an entry of the list of users, as the simulated API has it too. */
type User = { userId?: unknown; userStatus?: unknown; isAdmin?: unknown };

/** Who promoted the key is an active user of the production account, and an administrator there. */
export function judgePromoter(facts: PromoterFacts): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const { accountId, promoter, read } = facts;
  if (promoter === null) return unknown('The promotion does not name who promoted the key at DocuSign.');
  if (accountId === null || read === null) {
    const patch = 'PATCH /v1/teams/{team}/connections/{connection} {"options": {"accountId": "…"}}';
    return unknown('Which account is meant is not entered.', {}, patch);
  }
  const values = { promoter, status: read.kind === 'answer' ? read.status : null };
  const command = 'posthorn connections check <connection>';
  if (read.kind !== 'answer') return unknown(`The users could not be read: ${read.why}.`, values, command);
  if (read.status >= 400) return unknown(`The users could not be read: ${read.status}.`, values, command);
  const { users, totalSetSize } = (read.body ?? {}) as { users?: unknown; totalSetSize?: unknown };
  const list = Array.isArray(users) ? (users as User[]) : [];
  const user = list.find(({ userId }) => String(userId).toLowerCase() === promoter.toLowerCase());
  if (user === undefined) {
    const isWhole = Number(totalSetSize) <= list.length;
    if (!isWhole) return unknown('The account has more users than one page of the list.', values);
    return failed('Who promoted the key is no user of the production account.', values);
  }
  if (String(user.userStatus).toLowerCase() !== 'active')
    return failed('Who promoted the key is not active there.', values);
  if (String(user.isAdmin).toLowerCase() !== 'true')
    return failed('Who promoted the key is no administrator there.', values);
  return passed('Who promoted the key is an active administrator of the account.', values);
}
