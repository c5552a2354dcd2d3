import type { Finding } from '../../finding.ts';
import { counted, failed, notApplicable, passed, percentOf, unknown } from '../../finding.rules.ts';

export type RepeatedReads = {
  /** The provider has documents that never change once they are completed. */
  concerned: boolean;
  /** Reads after the first of the same document, once its subject was completed, within 7 days. */
  repeats: number;
  /** Of these: answered from memory. */
  fromMemory: number;
  /** Answers from memory of what may still change. */
  unfinishedFromMemory: number;
};

const repeatsLeast = 20;
const wantedPercent = 95;

/** Repeated reads of completed documents come from memory, and nothing that may still change does. */
export function judgeRepeatedReads({ concerned, repeats, fromMemory, unfinishedFromMemory }: RepeatedReads): Finding {
  if (!concerned) return notApplicable('Nothing that this provider answers is known never to change.');
  const share = percentOf(fromMemory, repeats);
  const values = { repeats7Days: repeats, fromMemory, fromMemoryPercent: share, unfinishedFromMemory };
  const command = 'PATCH /v1/teams/{team}/connections/{connection} {"policy": {"cache": {"maxBytes": 67108864}}}';
  if (unfinishedFromMemory > 0) {
    return failed(
      `${counted(unfinishedFromMemory, 'answer')} from memory were of what may still change.`,
      values,
      command,
    );
  }
  if (repeats < repeatsLeast) {
    return unknown(
      `Completed documents were read again ${counted(repeats, 'time')} in 7 days: too few to tell.`,
      values,
    );
  }
  if (share < wantedPercent) {
    return failed(`${share} % of ${counted(repeats, 'repeated read')} came from memory.`, values, command);
  }
  return passed(`${share} % of ${counted(repeats, 'repeated read')} of completed documents came from memory.`, values);
}
