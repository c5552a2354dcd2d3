import type { ExchangeError, ExchangeResult, Timing } from '../egress/exchange-result.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import type { Coverage } from '../providers/provider-profile.ts';

export type { Timers } from '../clock.ts';

/** A delivery in this node's memory, ready to be sent. */
export type DeliveryItem = {
  /** The node epoch that owns it. */
  epoch: number;
  teamId: string;
  deliveryId: string;
  eventId: string;
  endpointId: string;
  eventType: string;
  contentType: string;
  /** Empty when the body is in the blob store. */
  body: Buffer;
  blob: { key: string; sizeBytes: number } | null;
  /** The source it came in through. */
  origin: { sourceId: string; coverage: Coverage } | null;
  /** Attempts made before, over all cycles. */
  attempts: number;
  /** Attempts made in this cycle: the place in the retry schedule. */
  cycleAttempts: number;
  orderingKey: string | null;
  /** False when it has a row in the queue. */
  fresh: boolean;
  /** When it came into memory; the sweep gives back what waits too long. */
  enteredAtMs: number;
};

/** Sends to one endpoint. `done` is called exactly once, never synchronously. `close` lets what is under way end. */
export type Channel = {
  /** What stands in the record of each request before its headers: see `recordHead` (recorded-headers.rules.ts). */
  readonly recordedHead: string;
  close(): Promise<void>;
  post(headers: string[], body: Buffer, timeoutMs: number, done: (result: ExchangeResult) => void): void;
};
export type Transport = { open(endpoint: EndpointConfig): Channel };

/** A finished attempt and what it means for its delivery; written by group commit. */
export type Settlement = {
  item: DeliveryItem;
  attemptId: string;
  startedAtMs: number;
  status: number | null;
  error: ExchangeError | 'http' | null;
  errorMessage: string | null;
  /** The channel's head and `name: value` lines, secrets masked; empty when no request could be made. */
  requestHeaders: string;
  responseHeaders: string | null;
  responseBody: Buffer | null;
  responseTruncated: boolean;
  timing: Timing;
  /** retry: due again after delayMs. */
  outcome: 'succeeded' | 'dead' | 'retry';
  delayMs: number;
  /** False: this machine could not begin it; it takes no place in the retry schedule, and says nothing of the endpoint. */
  counted: boolean;
};

type WaitingEndpoint = { teamId: string; endpointId: string; dueInMs: number };

export type Beat = { alive: boolean; liveNodes: number; expiredEpochs: number[]; databaseNowMs: number };

/**
 * The database as the engine needs it. Every method rejects when the database is out of reach, and may then have
 * happened or not: each is safe to call again. Contract suite: tests/stores/delivery-store.contract.ts.
 */
export type DeliveryStore = {
  /** Registers this process; its epoch fences everything it writes. */
  join(input: {
    name: string;
    lowDeliveryId: string;
    leaseSeconds: number;
  }): Promise<{ epoch: number; databaseNowMs: number }>;
  beat(input: { epoch: number; lowDeliveryId: string; leaseSeconds: number }): Promise<Beat>;
  /** Frees what an expired node (any node when `force`) left behind; null when someone else did or it lives. */
  takeOver(epoch: number, force: boolean): Promise<number | null>;
  /** Epochs of all registered nodes. */
  epochs(): Promise<number[]>;
  /** Writes attempts and moves deliveries; answers how many were still owned. */
  settle(epoch: number, batch: Settlement[]): Promise<number>;
  /**
   * Gives deliveries back to the queue, due now; no attempt is burnt. `after accepts`: when every accept of the epoch
   * that has begun is over, so that none of them can commit behind its back.
   */
  release(
    epoch: number,
    deliveries: { teamId: string; deliveryId: string }[],
    when?: 'now' | 'after accepts',
  ): Promise<void>;
  /** Gives back what the epoch has claimed from the queue, but for `held`: a claim may commit without its answer. */
  releaseUnheld(epoch: number, held: string[]): Promise<void>;
  waitingEndpoints(): Promise<WaitingEndpoint[]>;
  /** Claims due deliveries, up to each room and up to `budgetBytes` of bodies over all. */
  claim(epoch: number, wants: { endpointId: string; room: number }[], budgetBytes: number): Promise<DeliveryItem[]>;
};

/** Bodies that are in the blob store, as many at once in memory as there is room for. */
export type LargeBodies = {
  /**
   * Waits its turn, and while the store is away: minutes, then rejects with its BlobStoreError. Rejects at once when there
   * is no such body any more. Call `release` when it was sent.
   */
  load(blob: { key: string; sizeBytes: number }, endpointId: string): Promise<{ body: Buffer; release: () => void }>;
};
