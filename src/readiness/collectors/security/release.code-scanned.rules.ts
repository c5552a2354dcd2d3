import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, percentOf } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const leastPercent = 95;

/** The code and the history were scanned, by scanners that found what was planted for them, and nothing is open. */
export function judgeScans(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'scans', ({ scanners }, { manifest }) => {
    const blind = scanners.filter(({ foundPlanted }) => !foundPlanted);
    const open = scanners.flatMap(({ high }) => high);
    const partial = scanners.filter(({ files, filesThere }) => percentOf(files, filesThere) < leastPercent);
    const named = (some: typeof scanners): string => listed(some.map(({ scanner }) => scanner));
    const values = {
      commit: manifest.commit,
      ...Object.fromEntries(scanners.map(({ scanner, rules }) => [`rules of ${scanner}`, rules])),
      files: Math.max(0, ...scanners.map(({ files }) => files)),
      high: open.length,
    };
    if (blind.length > 0) return failed(`Overlooked its planted sample: ${named(blind)}.`, values);
    if (open.length > 0) return failed(`Found and open: ${listed(open)}.`, values);
    if (partial.length > 0)
      return failed(`Scanned less than ${leastPercent} % of the files: ${named(partial)}.`, values);
    if (!scanners.some(({ overHistory }) => overHistory)) return failed('No scanner looked at the history.', values);
    if (!scanners.some(({ overHistory }) => !overHistory)) return failed('No scanner looked at the code.', values);
    return passed(`${counted(scanners.length, 'scanner')}, nothing open.`, values);
  });
}
