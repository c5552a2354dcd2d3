import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { type BusiestMinutes, busiestOf, rateOf } from './busiest-minutes.rules.ts';

export type BreakingPoint = { release: ReleaseFacts; peak: BusiestMinutes };

const refusals = [429, 503];
const leastTimes = 2;
const recoveredMostSeconds = 60;

/** The limit is twice the busiest minutes or more, and beyond it requests were refused and nothing was lost. */
export function judgeBreakingPoint({ release, peak }: BreakingPoint): Finding {
  return judgePart(release, 'breakingPoint', (found, { running }) => {
    const { refusedWith, acknowledgedLost, recoveredAfterSeconds, ranOutFirst } = found;
    // A smaller machine than the measured one is taken to carry less in proportion.
    const perSecond = found.perSecond * Math.min(1, running.processors / Math.max(1, found.processors));
    const busiest = busiestOf(peak);
    const values = { perSecond: rateOf(perSecond), busiestPerSecond: rateOf(busiest), ranOutFirst, acknowledgedLost };
    const others = refusedWith.filter((status) => !refusals.includes(status)).map(String);
    if (acknowledgedLost > 0) {
      return failed(`${counted(acknowledgedLost, 'acknowledged event')} were lost beyond the limit.`, values);
    }
    if (others.length > 0) return failed(`What was too much got ${listed(others)}.`, values);
    if (refusedWith.length === 0) return failed('Nothing was refused, so the limit was not reached.', values);
    if (recoveredAfterSeconds === null || recoveredAfterSeconds > recoveredMostSeconds) {
      const when = recoveredAfterSeconds === null ? 'never' : `only after ${recoveredAfterSeconds} s`;
      return failed(`Service was as usual ${when}.`, values);
    }
    if (perSecond < busiest * leastTimes) {
      return failed(
        `The limit is ${rateOf(perSecond)} a second, and the busiest minutes had ${rateOf(busiest)}.`,
        values,
      );
    }
    return passed(`The limit is ${rateOf(perSecond)} a second; then the ${ranOutFirst} runs out.`, values);
  });
}
