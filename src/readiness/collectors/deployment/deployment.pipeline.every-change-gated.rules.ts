import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

/** Every commit since the last release was passed before it was merged, and one made to fail was refused. */
export function judgeGated(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'changes', ({ commits, bypassed, refusedPlanted }) => {
    const values = { commits: commits.length, bypassed, refusedPlanted };
    const open = commits.filter(({ state, endedBeforeMerge }) => state !== 'passed' || !endedBeforeMerge);
    if (open.length > 0) {
      return failed(
        `Merged before the pipeline had passed them: ${listed(open.map(({ commit }) => commit.slice(0, 12)))}.`,
        values,
      );
    }
    if (bypassed > 0) return failed(`${counted(bypassed, 'merge')} got past the rules.`, values);
    if (!refusedPlanted) return failed('A change that was made to fail was not refused.', values);
    if (commits.length === 0) return failed('The manifest names no commit of this release.', values);
    return passed(`${counted(commits.length, 'commit')}, each passed before it was merged.`, values);
  });
}
