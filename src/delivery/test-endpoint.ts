import { type AuditContext, recordChange } from '../audit/record-change.ts';
import type { Context } from '../context.ts';
import { inTransaction } from '../database/transaction.ts';
import { noSuchEndpoint } from '../endpoints/find-or-refuse.ts';
import { requireEndpoint } from '../endpoints/require-endpoint.ts';
import type { AcceptedEvent, EventDraft } from '../events/event-draft.ts';
import { standardBody } from '../events/read-event.rules.ts';
import { operationalEventTypes } from '../operations/operational-event-types.ts';
import { Problem } from '../problem.ts';
import { getDelivery, type ShownDelivery } from './get-delivery.ts';
import { findExample } from './test-endpoint.store.ts';

/** Commits one event with its deliveries. */
export type AcceptEvent = (draft: EventDraft) => Promise<AcceptedEvent>;

const minimalExample = { message: 'A test event of Posthorn: this type has no example.' };

/**
 * Sends the example of an event type to one endpoint alone, whatever it subscribes to. It is a real event: signed,
 * retried and on record like any other, and held when the endpoint is paused.
 * @throws Problem not_found, unknown_event_type
 */
export async function testEndpoint(
  ctx: AuditContext & Pick<Context, 'database'> & { acceptEvent: AcceptEvent },
  input: { teamId: string; endpointId: string; eventType: string },
): Promise<ShownDelivery> {
  const { teamId, endpointId, eventType } = input;
  await requireEndpoint(ctx.database, teamId, endpointId);

  const operational = operationalEventTypes.find((type) => type.name === eventType);
  const example = operational?.example ?? (await findExample(ctx.database, teamId, eventType));
  if (example === undefined) {
    throw new Problem(
      'unknown_event_type',
      `"${eventType.slice(0, 100)}" is not a registered event type; register it with POST /v1/teams/${teamId}/event-types.`,
    );
  }
  // The event is committed with others: what is asked for is on record before it can happen.
  await inTransaction(ctx.database, (client) =>
    recordChange(ctx, client, {
      teamId,
      action: 'endpoint.tested',
      target: { kind: 'endpoint', id: endpointId },
      fields: { eventType: 'shown' },
      after: { eventType },
    }),
  );
  const payload = example ?? minimalExample;
  const accepted = await ctx.acceptEvent({
    teamId,
    type: eventType,
    contentType: 'application/json',
    body: standardBody(eventType, ctx.clock.now(), JSON.stringify(payload)),
    payload,
    idempotencyKey: null,
    requestHash: null,
    orderingKey: null,
    occurredAtMs: null,
    blob: null,
    origin: null,
    keySeconds: 86_400,
    onlyEndpointId: endpointId,
  });
  const [deliveryId] = accepted.deliveryIds;
  if (deliveryId === undefined) throw noSuchEndpoint(endpointId);
  return getDelivery(ctx, { teamId, deliveryId });
}
