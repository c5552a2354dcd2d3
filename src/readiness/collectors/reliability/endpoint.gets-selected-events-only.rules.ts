import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';
import type { Matching } from './matched-deliveries.rules.ts';

export type SelectedEvents = {
  eventTypes: readonly string[];
  /** Subscribed by name, and not registered. */
  unregistered: readonly string[];
  matching: Matching;
};

/** It subscribes to types that exist, got every event of them, and no other. */
export function judgeSelectedEvents({ eventTypes, unregistered, matching }: SelectedEvents): Finding {
  const { missing, surplus, pairs, events } = matching;
  const values = {
    eventTypes: eventTypes.length,
    events7Days: events,
    eventsCompared: pairs,
    missing: missing.length,
    surplus: surplus.length,
  };
  if (eventTypes.length === 0) return failed('The endpoint subscribes to nothing.', values, null);
  if (unregistered.length > 0) {
    const command = `POST /v1/teams/{team}/event-types {"name": "${unregistered[0] ?? ''}"}`;
    return failed(`It subscribes to types that are not registered: ${listed(unregistered)}.`, values, command);
  }
  const [lost] = missing;
  if (lost !== undefined) {
    const command = 'POST /v1/teams/{team}/endpoints/{endpoint}/recover {"since": "…"}';
    return failed(
      `${counted(missing.length, 'event')} it chose have no delivery here, such as ${lost.event}.`,
      values,
      command,
    );
  }
  const [other] = surplus;
  if (other !== undefined) {
    return failed(
      `${counted(surplus.length, 'delivery', 'deliveries')} are of what it did not choose, such as ${other.type}.`,
      values,
      null,
    );
  }
  if (pairs === 0) return unknown('No event was accepted since the endpoint was changed last.', values);
  return passed(`${counted(pairs, 'event')} compared: what it chose came, and nothing else.`, values);
}
