import { subscribesTo } from '../endpoints/subscription.rules.ts';
import type { EventDraft } from '../events/event-draft.ts';

/** What one listener wants to hear of. Null leaves nothing out. */
export type ListeningScope = {
  teamId: string;
  /** Events that came in through this source. */
  sourceId: string | null;
  /** Events with a delivery for this endpoint. */
  endpointId: string | null;
  /** Names and families, as endpoints subscribe to them. */
  eventTypes: readonly string[] | null;
};

/** A committed event, as the accept path tells of it. */
export type PublishedEvent = { id: string; draft: EventDraft; deliveries: readonly { endpointId: string }[] };

export function wantsType(scope: Pick<ListeningScope, 'eventTypes'>, eventType: string): boolean {
  return scope.eventTypes === null || subscribesTo(scope.eventTypes, eventType);
}

/** Whether an event of the scope's own team is one that the listener wants. */
export function wantsEvent(scope: ListeningScope, { draft, deliveries }: PublishedEvent): boolean {
  const { sourceId, endpointId } = scope;
  if (sourceId !== null && draft.origin?.sourceId !== sourceId) return false;
  if (endpointId !== null && !deliveries.some((delivery) => delivery.endpointId === endpointId)) return false;
  return wantsType(scope, draft.type);
}
