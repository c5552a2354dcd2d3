import type { Coverage } from '../providers/provider-profile.ts';

/** The source that an event came in through. */
type EventOrigin = {
  sourceId: string;
  /** The provider's own id of the notification. */
  externalId: string | null;
  coverage: Coverage;
  /** The name of the credential that verified it. */
  credential: string;
};

/** A validated event on its way to being accepted. */
export type EventDraft = {
  teamId: string;
  type: string;
  contentType: string;
  /** The bytes that endpoints will receive; empty when they are in the blob store. */
  body: Buffer;
  blob: { key: string; sizeBytes: number } | null;
  /** The parsed JSON payload that filters look at; undefined when the event is not JSON. */
  payload: unknown;
  /** Null when it was posted to the API. */
  origin: EventOrigin | null;
  /** The client's idempotency key or, with an origin, the source's dedupe key: the two cannot meet. */
  idempotencyKey: string | null;
  /** How long the key is remembered. */
  keySeconds: number;
  /** SHA-256 over what makes two requests the same; null when the key alone tells. */
  requestHash: Buffer | null;
  orderingKey: string | null;
  occurredAtMs: number | null;
  /** For a test: this endpoint alone, whatever it subscribes to. */
  onlyEndpointId: string | null;
};

export type AcceptedEvent = {
  id: string;
  type: string;
  acceptedAtMs: number;
  /** How many deliveries the event has; their ids where they were made now. */
  deliveries: number;
  deliveryIds: readonly string[];
  duplicate: boolean;
  /** The idempotency key was used before with another request: nothing was accepted. */
  conflict: boolean;
};

/** How long the API remembers an idempotency key. */
export const idempotencySeconds = 86_400;
