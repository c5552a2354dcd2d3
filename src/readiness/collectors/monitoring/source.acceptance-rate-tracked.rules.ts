import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, percentOf, unknown } from '../../finding.rules.ts';

export type SourceAcceptance = {
  accepted: number;
  refused: readonly { reason: string; count: number }[];
};

const leastRequests = 20;
const leastPercent = 99.5;

/** Refusals that say that the request may have been anybody's. The others kept out what may have been genuine. */
const suspicious: ReadonlySet<string> = new Set([
  'signature_missing',
  'signature_repeated',
  'signature_malformed',
  'signature_mismatch',
  'timestamp_missing',
  'timestamp_malformed',
  'timestamp_outside_tolerance',
  'body_unreadable',
  'address_not_allowed',
  'method_not_taken',
]);

/** Of what was not suspicious, 99.5 % became events or were known already. */
export function judgeAcceptance({ accepted, refused }: SourceAcceptance): Finding {
  const genuine = refused.filter(({ reason, count }) => count > 0 && !suspicious.has(reason));
  const lost = genuine.reduce((sum, { count }) => sum + count, 0);
  const requests = accepted + lost;
  const values = {
    requests7Days: requests,
    acceptedPercent: percentOf(accepted, requests),
    ...Object.fromEntries(genuine.map(({ reason, count }) => [`refused ${reason}`, count])),
  };
  if (requests < leastRequests) {
    return unknown(`${counted(requests, 'request')} within 7 days; it takes ${leastRequests}.`, values);
  }
  if (values.acceptedPercent < leastPercent) {
    const reasons = listed(genuine.map(({ reason, count }) => `${count} ${reason}`));
    return failed(
      `${values.acceptedPercent} % of ${requests} were accepted; refused: ${reasons}.`,
      values,
      'posthorn sources rejections <source>',
    );
  }
  return passed(`${values.acceptedPercent} % of ${counted(requests, 'request')} were accepted.`, values);
}
