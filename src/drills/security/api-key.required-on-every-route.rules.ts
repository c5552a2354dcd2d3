import type { Finding } from '../../readiness/finding.ts';
import { failed, listed, passed, unknown } from '../../readiness/finding.rules.ts';

export type RefusalFacts = {
  operations: number;
  /** One for each operation and way in which a key was wrong. */
  answers: readonly { operation: string; key: string; status: number; code: string }[];
  /** Methods that a path takes and the reference does not have. */
  undocumented: readonly string[];
  /** Codes of problems that the reference explains. */
  documentedCodes: readonly string[];
  /** Tables that have other rows than before. */
  written: readonly string[];
};

const wrongKeys = ['none', 'made up', 'expired', 'revoked'];
const fewest = 50;

/** Every operation answers every wrong key with a documented 401, and does nothing. */
export function judgeRefusals(facts: RefusalFacts): Finding {
  const { operations, answers, undocumented, documentedCodes, written } = facts;
  const wrong = answers.filter(({ status, code }) => status !== 401 || !documentedCodes.includes(code));
  const values = { operations, requests: answers.length, answeredOtherwise: wrong.length };
  if (wrong.length > 0) {
    const seen = [...new Set(wrong.map(({ operation, key, status }) => `${operation} (key ${key}: ${status})`))];
    return failed(`Without a valid key these were answered otherwise than 401: ${listed(seen)}.`, values);
  }
  if (undocumented.length > 0) {
    return failed(`The router takes what was not tried, as the reference lacks it: ${listed(undocumented)}.`, values);
  }
  if (written.length > 0) return failed(`Requests without a valid key changed ${listed(written)}.`, values);
  if (operations < fewest || answers.length !== operations * wrongKeys.length) {
    return unknown(`Only ${answers.length} requests were tried on ${operations} operations.`, values);
  }
  const seen = `${operations} operations answered 401 to no key, a made-up, an expired and a revoked one`;
  return passed(`${seen}, and wrote nothing.`, values);
}
