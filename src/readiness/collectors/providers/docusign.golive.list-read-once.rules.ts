import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { ReviewedCalls } from './docusign-calls.ts';
import { describePair, newestTries, repeatedReads } from './docusign-tries.rules.ts';

/** No list of an envelope is read again after one of its members, within 15 minutes. */
export function judgeListReads(facts: ReviewedCalls): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const tries = newestTries(facts.newest);
  if (tries.length === 0) return unknown('No call has been made yet.');
  const pairs = repeatedReads(tries, facts.reads).filter(({ isListThenGet }) => isListThenGet);
  const values = {
    calls: tries.length,
    violations: pairs.length,
    ...Object.fromEntries(pairs.slice(0, 20).map((pair, index) => [`pair${index + 1}`, describePair(pair)])),
  };
  const [first] = pairs;
  if (first === undefined) return passed(`No list is read again in the ${tries.length} newest calls.`, values);
  const seen = `${counted(pairs.length, 'list')} ${pairs.length === 1 ? 'was' : 'were'} read again between members: ${describePair(first)}.`;
  return failed(seen, values, 'read the list once, and fetch its members by that answer');
}
