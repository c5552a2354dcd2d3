import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { failed, listed, notApplicable, passed, dayMs } from '../../finding.rules.ts';
import { judgeManifested, judgePart, sinceMs } from '../manifest.rules.ts';

const demanded = ['ports', 'headers', 'cookies', 'tls', 'weaknesses', 'packages'];
const advisoriesMostDays = 7;

/** The image of this build was started and scanned with fresh advisories, by scanners that find what is planted. */
export function judgeImageScan(facts: ReleaseFacts): Finding {
  return judgeManifested(facts, ({ manifest, running }) => {
    if (manifest.parts.imageScan.status === 'not-measured' && !running.isInContainer) {
      return notApplicable('This Posthorn runs from no image.');
    }
    return judgePart(facts, 'imageScan', ({ buildDigest, looked, advisoriesAt, high, foundPlanted }) => {
      // Advisories are fresh when they were at the time of the scan: the evidence itself grows stale.
      const ageDays = sinceMs(advisoriesAt, Date.parse(manifest.madeAt)) / dayMs;
      const missing = demanded.filter((name) => !looked.includes(name));
      const values = { looked: looked.length, high: high.length, advisoriesAt };
      if (buildDigest !== running.digest) return failed('The image that was scanned holds another build.', values);
      if (missing.length > 0) return failed(`Not looked at: ${listed(missing)}.`, values);
      if (!foundPlanted) return failed('The weakness that was planted was not found.', values);
      if (high.length > 0) return failed(`Found and open: ${listed(high)}.`, values);
      if (ageDays > advisoriesMostDays) return failed(`The advisories were ${Math.floor(ageDays)} days old.`, values);
      return passed('The image of this build was scanned, and nothing high is open.', values);
    });
  });
}
