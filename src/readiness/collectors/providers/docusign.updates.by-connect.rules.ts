import type { Finding } from '../../finding.ts';
import { counted, failed, listed, notApplicable, passed, percentOf, unknown } from '../../finding.rules.ts';

export type ConnectCoverage =
  | { concerned: false }
  | {
      concerned: true;
      /** Active sources of DocuSign that the connection names. */
      sources: number;
      /** Types of events that these sources have taken within 30 days. */
      types: readonly string[];
      /** Envelopes of 7 days whose documents were fetched: they had ended. Of these, how many an event told of. */
      ended: number;
      endedByEvent: number;
      calls: number;
      /** Reads of an envelope's state, and those that no event of the envelope came before. */
      statusReads: number;
      unledReads: number;
    };

const needed = ['sent', 'delivered', 'completed', 'declined', 'voided'].map((name) => `envelope-${name}`);
const leastByEvent = 99;
const mostUnled = 2;

/** News of envelopes comes from Connect: the types are on, ends are told by events, and states are hardly read. */
export function judgeConnect(facts: ConnectCoverage): Finding {
  if (!facts.concerned) return notApplicable('It is no connection to DocuSign.');
  const missing = needed.filter((type) => !facts.types.includes(type));
  const values = {
    sources: facts.sources,
    typesMissing: listed(missing),
    envelopesEnded: facts.ended,
    endedByEventPercent: facts.ended === 0 ? null : percentOf(facts.endedByEvent, facts.ended),
    calls7Days: facts.calls,
    statusReads: facts.statusReads,
    statusReadsWithoutEvent: facts.unledReads,
  };
  const command = 'PATCH /v1/teams/{team}/connections/{connection} {"sources": ["src_…"]}';
  if (facts.sources === 0) return failed('The connection names no active source of DocuSign.', values, command);
  if (facts.ended > 0 && percentOf(facts.endedByEvent, facts.ended) < leastByEvent) {
    const untold = facts.ended - facts.endedByEvent;
    return failed(`Connect did not tell of the end of ${counted(untold, 'envelope')} of ${facts.ended}.`, values, null);
  }
  if (facts.calls > 0 && percentOf(facts.unledReads, facts.calls) > mostUnled) {
    const seen = `${counted(facts.unledReads, 'read')} of states came without an event before, of ${counted(facts.calls, 'call')}.`;
    return failed(seen, values, null);
  }
  if (missing.length > 0) {
    return unknown(`Not seen yet: ${listed(missing)}. Make each happen once in the sandbox.`, values);
  }
  if (facts.ended === 0) return unknown('No envelope has ended within 7 days.', values);
  return passed(`Connect told of ${counted(facts.endedByEvent, 'envelope')} that ended, of ${facts.ended}.`, values);
}
