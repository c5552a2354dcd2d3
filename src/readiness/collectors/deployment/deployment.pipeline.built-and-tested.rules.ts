import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const requiredJobs = ['format', 'lint', 'types', 'dead code', 'architecture', 'tests'];
const runsMost = 2;

/** What runs is what the pipeline signed, from a commit of the protected line, after every required job was well. */
export function judgeBuilt(facts: ReleaseFacts): Finding {
  if (!facts.verified && facts.fault.kind === 'wrong') return failed(facts.fault.what, {}, facts.fault.command);
  return judgePart(facts, 'pipeline', ({ line, isOnLine, treeIsClean, jobs }, { manifest }) => {
    const values = { commit: manifest.commit, line, jobs: jobs.length, madeAt: manifest.madeAt };
    const missing = requiredJobs.filter((name) => !jobs.some((job) => job.name === name));
    const poor = jobs.filter(({ state }) => state !== 'ok').map(({ name, state }) => `${name} (${state})`);
    const repeated = jobs.filter(({ runs }) => runs > runsMost).map(({ name }) => name);
    if (!isOnLine) return failed(`${manifest.commit} is not on ${line}.`, values);
    if (!treeIsClean) return failed('It was built with changes that no commit holds.', values);
    if (missing.length > 0) return failed(`Required jobs that did not run: ${listed(missing)}.`, values);
    if (poor.length > 0) return failed(`Jobs that did not end well: ${listed(poor)}.`, values);
    if (repeated.length > 0) return failed(`Run more than ${runsMost} times: ${listed(repeated)}.`, values);
    return passed(`The files that run are those that ${counted(jobs.length, 'job')} passed.`, values);
  });
}
