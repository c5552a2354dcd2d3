import type { Finding } from '../../readiness/finding.ts';
import { failed, notApplicable, passed, unknown } from '../../readiness/finding.rules.ts';

/** One well-signed request, what it was answered and how many events came of it. */
export type ArrivedRequest = { status: number | null; eventsMore: number };
export type AllowListFacts = {
  allowed: ArrivedRequest;
  strange: ArrivedRequest;
  /** From a strange address that claims an allowed one; null where this machine has no second address to come from. */
  claiming: ArrivedRequest | null;
  /** Rejections for the address that the source shows. */
  rejectionsOnRecord: number;
};

/** Only what comes from an allowed address is taken, whatever it says of itself. */
export function judgeAllowList(facts: AllowListFacts | null): Finding {
  if (facts === null) return notApplicable('The source takes requests from anywhere.');
  const { allowed, strange, claiming, rejectionsOnRecord } = facts;
  const values = {
    allowedStatus: allowed.status,
    strangeStatus: strange.status,
    claimingStatus: claiming?.status ?? null,
    rejectionsOnRecord,
  };
  if (isTaken(strange)) return failed('A request from an address that is not allowed was taken.', values);
  if (claiming !== null && isTaken(claiming)) {
    const seen = 'A request was taken because it claimed an allowed address in X-Forwarded-For.';
    return failed(seen, values, 'POSTHORN_TRUSTED_PROXIES names whom to believe');
  }
  if (!isTaken(allowed)) return failed('A request from an allowed address was not taken.', values);
  if (claiming === null) return unknown('This machine has no second address to claim another from.', values);
  if (strange.status !== 403 || claiming.status !== 403) {
    return failed('Requests from strange addresses were answered otherwise than 403.', values);
  }
  if (rejectionsOnRecord < 2) {
    return failed(`Two requests were refused for their address and ${rejectionsOnRecord} are on record.`, values);
  }
  return passed(
    'A request from an allowed address was stored; strange ones were answered 403 and are on record.',
    values,
  );
}

function isTaken({ status, eventsMore }: ArrivedRequest): boolean {
  return eventsMore > 0 || (status !== null && status >= 200 && status < 300);
}
