import { notApplicable } from '../../readiness/finding.rules.ts';
import type { Finding } from '../../readiness/finding.ts';
import { verdict } from '../reliability/verdict.rules.ts';

/** What docusign.golive.twenty-clean-calls said. */
export type CountedCalls = { state: string; calls: number; cleanCallsNeeded: number };

export type UncountedFacts =
  | { concerned: false; provider: string }
  | {
      concerned: true;
      /** Requests for tokens and user information, and events, that came before. */
      uncounted: { tokens: number; userInformation: number; events: number };
      afterNineteen: CountedCalls;
      afterTwenty: CountedCalls;
      /** After one more request for user information, which failed. */
      afterFailure: CountedCalls;
    };

export function judgeUncounted(facts: UncountedFacts): Finding {
  if (!facts.concerned) return notApplicable(`It is a connection to ${facts.provider}.`);
  const { uncounted, afterNineteen, afterTwenty, afterFailure } = facts;
  const is = (seen: CountedCalls, state: string, calls: number, needed: number): boolean =>
    seen.state === state && seen.calls === calls && seen.cleanCallsNeeded === needed;
  const told = ({ state, calls }: CountedCalls): string => `${calls} calls were counted, and the verdict was ${state}`;
  return verdict(
    [
      [is(afterNineteen, 'failed', 19, 1), `After 19 clean calls ${told(afterNineteen)}.`],
      [is(afterTwenty, 'passed', 20, 0), `After the 20th ${told(afterTwenty)}.`],
      [is(afterFailure, 'passed', 20, 0), `After user information that failed ${told(afterFailure)}.`],
    ],
    'Neither tokens, user information nor events were counted, whether they succeeded or failed.',
    {
      ...uncounted,
      countedFirst: afterNineteen.calls,
      countedNext: afterTwenty.calls,
      countedLast: afterFailure.calls,
    },
  );
}
