import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { failed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { type BusiestMinutes, busiestOf, rateOf } from './busiest-minutes.rules.ts';

export type ResourceNeeds = { release: ReleaseFacts; peak: BusiestMinutes };

const leastRates = 3;

/** What the busiest minutes take by the table of the release is what this process may have, or less. */
export function judgeNeeds({ release, peak }: ResourceNeeds): Finding {
  return judgePart(release, 'needs', ({ rates, diskMbPerMillion }, { running }) => {
    const busiest = busiestOf(peak);
    const ordered = rates.toSorted((one, other) => one.perSecond - other.perSecond);
    const row = ordered.find(({ perSecond }) => perSecond >= busiest);
    const values = {
      rates: rates.length,
      busiestPerSecond: rateOf(busiest),
      memoryMb: running.memoryMb,
      neededMemoryMb: row?.memoryMb ?? null,
      diskMbPerMillion,
    };
    if (rates.length < leastRates) return failed(`What it needs was measured at ${rates.length} rates of 3.`, values);
    if (row === undefined) return failed(`It was not measured at ${rateOf(busiest)} a second and more.`, values);
    if (row.memoryMb > running.memoryMb) {
      return failed(`It takes ${row.memoryMb} MB, and may have ${running.memoryMb} MB.`, values);
    }
    const processors = (row.processorMsPer1000 * busiest) / 1_000_000;
    if (processors > running.processors) {
      return failed(`It takes ${rateOf(processors)} processors, and has ${running.processors}.`, values);
    }
    return passed(`${row.memoryMb} MB of ${running.memoryMb} MB, and ${rateOf(processors)} processors.`, values);
  });
}
