/** A validated event on its way to being accepted. */
export type EventDraft = {
  teamId: string;
  type: string;
  contentType: string;
  /** The bytes that endpoints will receive. */
  body: Buffer;
  /** The parsed JSON payload that filters look at; undefined when the event is not JSON. */
  payload: unknown;
  idempotencyKey: string | null;
  /** SHA-256 over what makes two requests the same; needed with an idempotency key. */
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
