import type { DeliveryItem } from '../../src/delivery/delivery-ports.ts';

/** The tables that accept and delivery use, in memory. All times are the database's own. */
export type TeamRow = { version: number; deleted: boolean };
export type EventRow = Pick<DeliveryItem, 'teamId' | 'contentType' | 'body' | 'blob' | 'origin'> & {
  id: string;
  type: string;
};

export type DeliveryRow = {
  teamId: string;
  id: string;
  eventId: string;
  endpointId: string;
  state: 'pending' | 'succeeded' | 'dead' | 'cancelled';
  attempts: number;
  owner: number | null;
};

export type QueueRow = {
  teamId: string;
  deliveryId: string;
  eventId: string;
  endpointId: string;
  dueAtMs: number;
  cycleAttempts: number;
  bodyBytes: number;
  claimedBy: number | null;
  orderingKey: string | null;
  blocked: boolean;
  sequence: number;
};

export type AttemptRow = {
  deliveryId: string;
  id: string;
  number: number;
  status: number | null;
  error: string | null;
};
export type NodeRow = { epoch: number; leaseUntilMs: number; lowDeliveryId: string };
export type IdempotencyRow = { eventId: string; requestHash: Buffer | null; deliveries: number };

/** What the simulation's oracle is told of, at the moment of the commit. */
export type Witness = {
  accepted(event: EventRow, deliveries: DeliveryRow[], queued: QueueRow[]): void;
  settled(delivery: DeliveryRow, epoch: number, outcome: 'succeeded' | 'dead' | 'retry', dueAtMs: number): void;
  claimed(epoch: number, row: QueueRow): void;
  takenOver(epoch: number, deliveryIds: string[]): void;
};

/** One database. Every function of its stores runs to its end without interruption, as a transaction would. */
export class MemoryDatabase {
  readonly teams = new Map<string, TeamRow>();
  readonly events = new Map<string, EventRow>();
  readonly deliveries = new Map<string, DeliveryRow>();
  readonly queue = new Map<string, QueueRow>();
  readonly attempts = new Map<string, AttemptRow>();
  readonly nodes = new Map<number, NodeRow>();
  readonly idempotency = new Map<string, IdempotencyRow>();
  readonly outbox: { teamId: string; type: string; deliveryId: string }[] = [];
  readonly now: () => number;
  readonly witness: Witness | null;
  private lastEpoch = 0;
  private lastSequence = 0;

  constructor(now: () => number, witness: Witness | null = null) {
    this.now = now;
    this.witness = witness;
  }

  nextEpoch(): number {
    this.lastEpoch += 1;
    return this.lastEpoch;
  }

  nextSequence(): number {
    this.lastSequence += 1;
    return this.lastSequence;
  }

  /** Rows of one ordering key in the order in which they were accepted. */
  ofKey(endpointId: string, orderingKey: string): QueueRow[] {
    return [...this.queue.values()]
      .filter((row) => row.endpointId === endpointId && row.orderingKey === orderingKey)
      .sort((one, other) => one.sequence - other.sequence);
  }
}
