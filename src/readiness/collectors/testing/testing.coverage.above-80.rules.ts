import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const above = 80;
const central = ['delivery', 'sources', 'connections', 'readiness'];

/** More than 80 % of lines and of branches of everything, and of the lines of each central capability. */
export function judgeCoverage(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'coverage', ({ linesPercent, branchesPercent, capabilities, leftOut }) => {
    const values = { linesPercent, branchesPercent, leftOut: leftOut.join(' ') };
    const low = central.filter((name) => {
      const found = capabilities.find(({ capability }) => capability === name);
      return found === undefined || found.linesPercent <= above;
    });
    if (linesPercent <= above) return failed(`${linesPercent} % of the lines are covered.`, values);
    if (branchesPercent <= above) return failed(`${branchesPercent} % of the branches are covered.`, values);
    if (low.length > 0) return failed(`Lines at ${above} % or below, or not measured: ${listed(low)}.`, values);
    return passed(`${linesPercent} % of lines and ${branchesPercent} % of branches.`, values);
  });
}
