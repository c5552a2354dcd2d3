import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed, unknown } from '../../finding.rules.ts';
import type { ReviewedCalls } from './docusign-calls.ts';
import { describePair, newestTries, repeatedReads } from './docusign-tries.rules.ts';

/** No envelope resource among the 20 newest calls was read again within 15 minutes; lists are judged apart. */
export function judgePolling(facts: ReviewedCalls): Finding {
  if (!facts.concerned) return notApplicable(facts.why);
  const tries = newestTries(facts.newest);
  if (tries.length === 0) return unknown('No call has been made yet.');
  const pairs = repeatedReads(tries, facts.reads).filter(({ isListThenGet }) => !isListThenGet);
  const values = {
    calls: tries.length,
    violations: pairs.length,
    ...Object.fromEntries(pairs.slice(0, 20).map((pair, index) => [`pair${index + 1}`, describePair(pair)])),
  };
  const [first] = pairs;
  if (first === undefined) return passed(`No resource is read twice in the ${tries.length} newest calls.`, values);
  const seen = `${counted(pairs.length, 'read')} came too soon after the one before: ${describePair(first)}.`;
  return failed(
    seen,
    values,
    'PATCH /v1/teams/{team}/connections/{connection} {"policy": {"polling": {"mode": "serve"}}}',
  );
}
