import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const leastRuns = 5;
const leastRatio = 0.8;
const commitsMost = 0.1;
const worseMostPercent = 10;

/** Medians of five runs reach four fifths of the bare pipeline, and are no worse than the release before. */
export function judgeBench(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'bench', ({ runs, ofBarePipeline, commitsPerEvent, worseThanBeforePercent, machine }) => {
    const ratios = Object.entries(ofBarePipeline);
    const values = { machine, runs, ...ofBarePipeline, commitsPerEvent, worseThanBeforePercent };
    const slow = ratios.filter(([, ratio]) => ratio !== null && ratio < leastRatio);
    const missing = ratios.filter(([, ratio]) => ratio === null).map(([name]) => name);
    if (commitsPerEvent === null) missing.push('commits of an event');
    if (worseThanBeforePercent === null) missing.push('the release before');
    if (slow.length > 0) {
      return failed(`Of the bare pipeline: ${listed(slow.map(([name, ratio]) => `${name} ${ratio}`))}.`, values);
    }
    if (commitsPerEvent !== null && commitsPerEvent >= commitsMost) {
      return failed(`An event costs ${commitsPerEvent} commits.`, values);
    }
    if (worseThanBeforePercent !== null && worseThanBeforePercent > worseMostPercent) {
      return failed(`It is ${worseThanBeforePercent} % worse than the release before.`, values);
    }
    if (runs < leastRuns) return failed(`The medians are of ${counted(runs, 'run')}; it takes ${leastRuns}.`, values);
    if (missing.length > 0) return unknown(`Not measured: ${listed(missing)}.`, values, 'npm run bench');
    return passed(`${counted(runs, 'run')} on ${machine}, each ratio ${leastRatio} or more.`, values);
  });
}
