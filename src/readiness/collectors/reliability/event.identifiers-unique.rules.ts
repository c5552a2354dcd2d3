import type { Finding } from '../../finding.ts';
import { counted, failed, listed, passed, unknown } from '../../finding.rules.ts';

export type EventIdentifiers = {
  /** Partitions of events without a valid unique index over team and id. */
  unguarded: readonly string[];
  events: number;
  distinctIds: number;
  /** Recorded attempts that were looked at, and those whose webhook-id is not the id of their event. */
  attempts: number;
  foreignIds: number;
};

/** Ids are unique by the database's own word, and every attempt carries its event's. */
export function judgeIdentifiers({ unguarded, events, distinctIds, attempts, foreignIds }: EventIdentifiers): Finding {
  const values = {
    partitionsWithoutKey: unguarded.length,
    events24Hours: events,
    distinctIds,
    attempts,
    attemptsWithOtherId: foreignIds,
  };
  if (unguarded.length > 0) return failed(`No valid unique key on ${listed(unguarded)}.`, values, null);
  if (distinctIds !== events) return failed(`${events} events have ${distinctIds} ids.`, values, null);
  if (foreignIds > 0) {
    return failed(`${counted(foreignIds, 'attempt')} carried a webhook-id that is not the event's.`, values, null);
  }
  if (attempts === 0) return unknown('No attempt of 24 hours could be looked at.', values);
  return passed(
    `${counted(events, 'event')} with ids of their own; ${counted(attempts, 'attempt')} carried them.`,
    values,
  );
}
