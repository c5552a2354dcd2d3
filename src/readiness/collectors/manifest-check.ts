import type { ReleaseFacts } from '../../release/release-facts.ts';
import type { Collector, Finding } from '../finding.ts';
import type { GatheringContext } from '../instruments.ts';

/** A check that is decided from the signed manifest of the release alone. */
export function manifestCheck(
  checkId: string,
  judge: (facts: ReleaseFacts, nowMs: number) => Finding,
): Collector<ReleaseFacts> {
  return { checkId, version: 1, gather: async (context: GatheringContext) => context.manifest(), judge };
}
