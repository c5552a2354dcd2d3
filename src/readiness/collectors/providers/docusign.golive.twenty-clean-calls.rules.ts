import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed } from '../../finding.rules.ts';
import type { ReviewedCalls } from './docusign-calls.ts';
import { cleanCallsNeeded, isClean, newestTries, reviewedMost, type ReviewedTry } from './docusign-tries.rules.ts';

/** The 20 newest counted calls of the integration key all succeeded. Otherwise how many clean ones are missing. */
export function judgeCleanCalls(facts: ReviewedCalls): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const tries = newestTries(facts.newest);
  const faults = tries.filter((each) => !isClean(each));
  const needed = cleanCallsNeeded(tries);
  const values = {
    calls: tries.length,
    cleanCalls: tries.length - faults.length,
    errors: faults.length,
    cleanCallsNeeded: needed,
    connections: facts.connections,
    newestAt: tries[0] === undefined ? null : new Date(tries[0].atMs).toISOString(),
  };
  if (needed === 0) return passed(`The ${reviewedMost} newest calls were all answered below 400.`, values);
  const [fault] = faults;
  const seen =
    fault === undefined
      ? `There are ${counted(tries.length, 'call')}, all of them clean.`
      : `Of the ${tries.length} newest calls ${faults.length} did not succeed, the newest ${describeTry(fault)}.`;
  const missing = `${counted(needed, 'more clean call')} ${needed === 1 ? 'is' : 'are'} needed.`;
  return failed(`${seen} ${missing}`, values, 'posthorn calls list --connection <connection> --status 4xx');
}

function describeTry({ call, atMs, status, error, errorCode }: ReviewedTry): string {
  const outcome = status === null ? (error ?? 'without an answer') : `answered ${status}`;
  const code = errorCode === null ? '' : ` (${errorCode})`;
  const path = call.path.replace(/\?.*$/s, '');
  return `${call.method} ${path} at ${new Date(atMs).toISOString()}, ${outcome}${code}`;
}
