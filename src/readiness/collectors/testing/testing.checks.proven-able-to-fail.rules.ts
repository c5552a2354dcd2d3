import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

/** Every check that this release decides was seen to pass, to fail on its planted defect, and to pass again. */
export function judgeProofs(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'mutations', ({ catalogueDigest, proofs }, { running }) => {
    const proven = new Set(
      proofs
        .filter(({ before, broken, mended }) => before === 'passed' && broken === 'failed' && mended === 'passed')
        .map(({ check }) => check),
    );
    const unproven = running.decides.filter((check) => !proven.has(check));
    const values = { decided: running.decides.length, proven: proven.size };
    if (catalogueDigest !== running.catalogueDigest) {
      return failed('The proofs are about another catalogue than the one in use.', values);
    }
    if (unproven.length > 0) return failed(`Not proven able to fail: ${listed(unproven)}.`, values);
    return passed(`${counted(running.decides.length, 'check')}, each proven able to fail.`, values);
  });
}
