import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const leastMismatches = 200_000;
/** Welch's t beyond which two means are taken to differ, as leakage tests have it. */
const mostT = 4.5;

/** No scheme tells by its time where two signatures differ, and each compares by the shared rule. */
export function judgeConstantTime(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'constantTime', ({ mismatches, schemes, outside, lintFoundPlanted }, { running }) => {
    const known = new Set(schemes.map(({ scheme }) => scheme));
    const missing = running.providers.filter((name) => !known.has(name));
    const telling = schemes.filter(({ t }) => Math.abs(t) >= mostT);
    const largest = Math.max(0, ...schemes.map(({ t }) => Math.abs(t)));
    const values = { schemes: schemes.length, mismatches, largestT: Math.round(largest * 100) / 100 };
    if (outside.length > 0) return failed(`Compared beside the shared rule: ${listed(outside)}.`, values);
    if (!lintFoundPlanted) return failed('The lint overlooked the early exit that was planted for it.', values);
    if (telling.length > 0) {
      return failed(
        `Its time tells where it differs: ${listed(telling.map(({ scheme, t }) => `${scheme} (t ${t})`))}.`,
        values,
      );
    }
    if (mismatches < leastMismatches) {
      return failed(`${mismatches} mismatches at each end were timed; it takes ${leastMismatches}.`, values);
    }
    if (missing.length > 0) return failed(`Not measured: ${listed(missing)}.`, values);
    return passed(`${counted(schemes.length, 'scheme')}, the largest t ${values.largestT}.`, values);
  });
}
