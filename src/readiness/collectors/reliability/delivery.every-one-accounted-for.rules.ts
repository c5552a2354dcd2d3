import type { Finding } from '../../finding.ts';
import { counted, failed, passed, unknown } from '../../finding.rules.ts';

export type AccountedDeliveries = {
  teams: number;
  events: number;
  pairs: number;
  missing: readonly { event: string; endpoint: string }[];
  surplus: readonly { event: string; endpoint: string }[];
  /** In no known state. */
  stateless: number;
  /** Pending, not held, due for over 15 minutes, and in nobody's hands. */
  overdue: number;
};

/** One delivery for each match and none besides, each in a known state, and nothing forgotten in the queue. */
export function judgeAccounted(facts: AccountedDeliveries): Finding {
  const { teams, events, pairs, missing, surplus, stateless, overdue } = facts;
  const values = {
    teams,
    events24Hours: events,
    pairsCompared: pairs,
    missing: missing.length,
    surplus: surplus.length,
    overdue,
  };
  const [lost] = missing;
  if (lost !== undefined) {
    const seen = `${counted(missing.length, 'delivery', 'deliveries')} missing: ${lost.event} has none for ${lost.endpoint}.`;
    return failed(seen, values, 'POST /v1/teams/{team}/endpoints/{endpoint}/recover {"since": "…"}');
  }
  const [more] = surplus;
  if (more !== undefined) {
    return failed(
      `${counted(surplus.length, 'delivery', 'deliveries')} nobody asked for: ${more.event} for ${more.endpoint}.`,
      values,
      null,
    );
  }
  if (stateless > 0) return failed(`${counted(stateless, 'delivery', 'deliveries')} in no known state.`, values, null);
  if (overdue > 0) {
    const command = 'look at posthorn_queue_overdue_seconds, and whether a node lives';
    return failed(
      `${counted(overdue, 'delivery', 'deliveries')} over 15 minutes late, in nobody's hands.`,
      values,
      command,
    );
  }
  if (pairs === 0) return unknown('No event could be compared within 24 hours.', values);
  return passed(`${counted(events, 'event')}, and every delivery is accounted for.`, values);
}
