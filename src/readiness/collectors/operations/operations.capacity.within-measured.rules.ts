import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, percentOf, unknown } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';
import { type BusiestMinutes, kinds, rateOf } from '../scalability/busiest-minutes.rules.ts';

export type CarriedLoad = { release: ReleaseFacts; peak: BusiestMinutes; nodes: number };

const mostPercent = 70;

/** The busiest minutes stay below 70 % of what this release was measured to carry, one node being away. */
export function judgeCapacity({ release, peak, nodes }: CarriedLoad): Finding {
  return judgePart(release, 'bench', ({ perSecond, commit, machine }, { manifest }) => {
    const carrying = Math.max(1, nodes - 1);
    const used = kinds.map((kind) => {
      const capacity = perSecond[kind];
      return { kind, percent: capacity === null ? null : percentOf(peak[kind], capacity * carrying) };
    });
    const values = {
      nodes,
      machine,
      ...Object.fromEntries(kinds.map((kind) => [`${kind}PerSecond`, rateOf(peak[kind])])),
      ...Object.fromEntries(used.map(({ kind, percent }) => [`${kind}UsedPercent`, percent])),
    };
    const full = used.filter(({ percent }) => percent !== null && percent > mostPercent);
    const unmeasured = used.filter(({ kind, percent }) => percent === null && peak[kind] > 0);
    if (nodes === 0) return unknown('No live node is on record.', values);
    if (full.length > 0) {
      const said = full.map(({ kind, percent }) => `${kind} ${percent} %`);
      return failed(`Of what ${counted(carrying, 'node')} can carry were used: ${listed(said)}.`, values);
    }
    if (commit === null) return unknown('The measurement does not say which commit it is of.', values);
    if (commit !== manifest.commit) return failed('What was measured is another commit than the release.', values);
    if (unmeasured.length > 0) {
      return unknown(
        `Nobody measured how much can be carried of ${listed(unmeasured.map(({ kind }) => kind))}.`,
        values,
      );
    }
    return passed(
      `At most ${Math.max(...used.map(({ percent }) => percent ?? 0))} % of the capacity was used.`,
      values,
    );
  });
}
