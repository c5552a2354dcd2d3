import type { ReleaseFacts } from '../../../release/release-facts.ts';
import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed } from '../../finding.rules.ts';
import { judgePart } from '../manifest.rules.ts';

/** Every capability of what runs has tests that passed, none failed, and what was skipped says why. */
export function judgeUnitTests(facts: ReleaseFacts): Finding {
  return judgePart(facts, 'tests', ({ capabilities }, { running }) => {
    const tested = new Set(capabilities.filter(({ passed: count }) => count > 0).map(({ capability }) => capability));
    const bare = running.capabilities.filter((capability) => !tested.has(capability));
    const failing = capabilities.filter(({ failed: count }) => count > 0).map(({ capability }) => capability);
    const skipped = capabilities.flatMap((each) => each.skipped);
    const unexplained = skipped.filter(({ reason }) => reason === null);
    const sum = capabilities.reduce((count, each) => count + each.passed, 0);
    const values = { capabilities: running.capabilities.length, passed: sum, skipped: skipped.length };
    if (bare.length > 0) return failed(`Without a test: ${listed(bare)}.`, values);
    if (failing.length > 0) return failed(`With tests that failed: ${listed(failing)}.`, values);
    if (unexplained.length > 0) {
      return failed(`Skipped without a reason: ${listed(unexplained.map(({ test }) => test))}.`, values);
    }
    return passed(
      `${counted(sum, 'test')} over ${counted(running.capabilities.length, 'capability', 'capabilities')}.`,
      values,
    );
  });
}
