/** The states of a delivery as the API tells them. `held`: pending while its endpoint is paused, disabled or deleted. */
export const deliveryStates = ['pending', 'succeeded', 'dead', 'held', 'cancelled'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** What a list or a replay chooses by. Absent means any. Times are those of acceptance, in Unix milliseconds. */
export type DeliveryFilter = {
  states?: readonly DeliveryState[] | undefined;
  endpointId?: string | undefined;
  eventType?: string | undefined;
  eventIds?: readonly string[] | undefined;
  /** At or after. */
  sinceMs?: number | undefined;
  /** Before. */
  untilMs?: number | undefined;
};
