import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

const readers = ['bodies', 'filters', 'xml', 'multipart', 'urls', 'configuration'];
const leastExecutions = 1_000_000;

/** Each reader of foreign input, and each provider of what runs, was fuzzed a million times without an open crash. */
export function judgeFuzzed(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'fuzz', ({ targets }, { running }) => {
    const byName = new Map(targets.map((each) => [each.target, each]));
    const demanded = [...readers, ...running.providers.map((name) => `provider ${name}`)];
    const missing = demanded.filter((name) => !byName.has(name));
    const crashing = targets.filter(({ openCrashes }) => openCrashes > 0);
    const seldom = targets.filter(({ executions }) => executions < leastExecutions);
    const forgotten = targets.filter(({ playedAgain }) => !playedAgain);
    const named = (some: typeof targets): string => listed(some.map(({ target }) => target));
    const values = { targets: targets.length, demanded: demanded.length };
    if (crashing.length > 0) return failed(`With an open crash: ${named(crashing)}.`, values);
    if (missing.length > 0) return failed(`Fuzzed by no target: ${listed(missing)}.`, values);
    if (seldom.length > 0) return failed(`Run less than a million times: ${named(seldom)}.`, values);
    if (forgotten.length > 0) return failed(`The corpus was not played again: ${named(forgotten)}.`, values);
    return passed(`${counted(demanded.length, 'target')}, each a million times.`, values);
  });
}
