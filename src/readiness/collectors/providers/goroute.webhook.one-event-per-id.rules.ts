import type { Finding } from '../../finding.ts';
import { counted, dayMs, failed, notApplicable, passed, unknown } from '../../finding.rules.ts';

export type GorouteEvents =
  | { concerned: false }
  | { concerned: true; events: number; withoutId: number; repeatedIds: number; dedupeWindowSeconds: number };

const leastWindowSeconds = (30 * dayMs) / 1000;

/** Every event has GoRoute's id, no id has two events, and ids are remembered for 30 days. */
export function judgeGorouteEvents(facts: GorouteEvents): Finding {
  if (!facts.concerned) return notApplicable('It is no source of GoRoute.');
  const { events, withoutId, repeatedIds, dedupeWindowSeconds } = facts;
  const values = { events30Days: events, withoutId, repeatedIds, dedupeWindowSeconds };
  if (dedupeWindowSeconds < leastWindowSeconds) {
    const command = `PATCH /v1/teams/{team}/sources/{source} {"dedupeWindowSeconds": ${leastWindowSeconds}}`;
    return failed(`Ids are remembered for ${dedupeWindowSeconds} s; it takes ${leastWindowSeconds}.`, values, command);
  }
  if (repeatedIds > 0) return failed(`${counted(repeatedIds, 'id')} became more than one event.`, values, null);
  if (withoutId > 0) return failed(`${counted(withoutId, 'event')} came without an id.`, values, null);
  if (events === 0) return unknown('Nothing has come within 30 days.', values);
  return passed(`${counted(events, 'event')}, each with an id of its own.`, values);
}
