import type { Clock } from '../clock.ts';
import type { EndpointConfig } from '../endpoints/endpoint-config.ts';
import type { IdSource } from '../ids/id-source.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { type BreakerPolicy, defaultBreakerPolicy } from './breaker.rules.ts';
import { Custody } from './custody.ts';
import type { DeliveryItem, DeliveryStore, LargeBodies, Settlement, Timers, Transport } from './delivery-ports.ts';
import { Dispatcher } from './dispatcher.ts';
import { Lane, type PrepareRequest } from './lane.ts';
import { createNodeLease, type NodeLease } from './node-lease.ts';
import { createSettler, type Settler } from './settler.ts';

/** Bodies of deliveries that may be in memory at once, over all lanes. */
export const memoryMaxBytes = 96 * 1024 * 1024;
/** What waits in memory longer than this goes back to the database, so that a takeover has little to search. */
const sweepEveryMs = 5_000;
const waitingMaxMs = 15_000;

/** What the engine tells of: for metrics, logs and the endpoint's health. */
export type EngineEvents = {
  onAttempt(settlement: Settlement, endpoint: EndpointConfig): void;
  /** A delivery is dead, and its operational event is committed. */
  onDead(): void;
  /** 410: the endpoint asked to be left alone. */
  onGone(endpoint: EndpointConfig): void;
  /** `again`: it was open, and its probe failed. */
  onBreakerOpened(endpoint: EndpointConfig, again: boolean): void;
  onTakenOver(deliveries: number): void;
  onFenced(count: number): void;
  onError(where: string, error: unknown): void;
};

/**
 * The delivery engine of one node. Fresh deliveries enter from the accept path without another query; due ones come
 * from the queue; both leave through lanes and the dispatcher, and are settled by group commit.
 *
 * A delivery in memory is owned by this node's epoch in the database. It leaves memory by exactly one of: settled,
 * released to the queue, or lost with the epoch (then others own it). Every change is fenced by the epoch.
 */
export class DeliveryEngine {
  private readonly lanes = new Map<string, Lane>();
  private readonly custody: Custody;
  private readonly dispatcher: Dispatcher;
  private readonly settler: Settler;
  private readonly backlog: Backlog;
  private readonly lease: NodeLease;
  private bytes = 0;
  private liveNodes = 1;
  private sweepTimer: { cancel(): void } | null = null;
  private stopping = false;
  private ended = false;
  private readonly options: {
    store: DeliveryStore;
    transport: Transport;
    bodies: LargeBodies;
    clock: Clock;
    monotonicMs: () => number;
    timers: Timers;
    ids: IdSource;
    random: () => number;
    nodeName: string;
    exclusive: boolean;
    leaseSeconds?: number;
    endpoint: (teamId: string, endpointId: string) => EndpointConfig | null | Promise<EndpointConfig | null>;
    prepareFor: (endpoint: EndpointConfig) => PrepareRequest;
    alignClock: (databaseNowMs: number, halfRoundTripMs: number) => void;
    events: EngineEvents;
    breakerPolicy?: BreakerPolicy;
  };

  constructor(options: DeliveryEngine['options']) {
    this.options = options;
    const { store, timers, events } = options;
    this.custody = new Custody({
      store,
      timers,
      onReleased: (item) => {
        this.bytes -= item.body.length;
      },
      onQueued: () => this.backlog.poke(),
      stopping: () => this.stopping,
      onError: (error) => events.onError('release', error),
    });
    this.settler = createSettler({
      store,
      timers,
      onSettled: (batch) => this.settled(batch),
      onFenced: (count) => events.onFenced(count),
      onError: (error) => events.onError('settle', error),
      onResumed: () => this.dispatcher.run(),
    });
    this.lease = createNodeLease({
      store,
      timers,
      monotonicMs: options.monotonicMs,
      name: options.nodeName,
      exclusive: options.exclusive,
      ...(options.leaseSeconds === undefined ? {} : { leaseSeconds: options.leaseSeconds }),
      lowDeliveryId: () => this.lowDeliveryId(),
      onJoined: () => this.backlog.poke(),
      onLost: () => this.forget(),
      onBeat: (beat) => this.heard(beat),
      onTakenOver: (_epoch, deliveries) => {
        events.onTakenOver(deliveries);
        this.backlog.poke();
      },
      onError: (error) => events.onError('lease', error),
    });
    this.dispatcher = new Dispatcher({
      clock: options.clock,
      timers,
      ids: options.ids,
      random: options.random,
      bodies: options.bodies,
      maySend: () => this.lease.certain() && !this.settler.stalled,
      mayStillSend: (item) => this.lease.certain() && item.epoch === this.lease.epoch(),
      onUnsent: (item) => this.custody.release([item]),
      unsettled: () => this.settler.pending,
      onSettlement: (settlement, lane) => this.settle(settlement, lane),
      onGone: (lane) => events.onGone(lane.config),
      onLaneChanged: (lane, opened) => this.laneChanged(lane, opened),
    });
    this.backlog = createBacklog({
      store,
      timers,
      now: () => options.clock.now(),
      epoch: () => this.lease.epoch(),
      mayClaim: () => this.lease.certain() && !this.settler.stalled && !this.stopping,
      memoryRoomBytes: () => memoryMaxBytes - this.bytes,
      laneOf: (teamId, endpointId) => this.findLane(teamId, endpointId),
      onClaimed: (lane, items) => this.claimed(lane, items),
      releaseUnheld: (epoch) => this.custody.releaseUnheld(epoch),
      onError: (error) => events.onError('claim', error),
    });
  }

  start(): void {
    this.lease.start();
    this.backlog.start();
    this.sweepLater();
  }

  /** The epoch under which accepted deliveries may be owned, or null: then nothing may be accepted as fresh. */
  epoch(): number | null {
    return this.lease.certain() ? this.lease.epoch() : null;
  }

  /** Promises room for one fresh delivery to an accept that is about to commit. False: queue it instead. */
  reserve(endpoint: EndpointConfig, deliveryId: string, sizeBytes: number): boolean {
    if (this.stopping || this.bytes + sizeBytes > memoryMaxBytes) return false;
    const lane = this.laneOrNull(endpoint);
    if (lane === null || lane.room(this.options.clock.now()) < 1) return false;
    lane.reserved += 1;
    this.bytes += sizeBytes;
    this.custody.takeFresh(deliveryId);
    return true;
  }

  /** The accept did not commit. */
  cancel(endpointId: string, deliveryId: string, sizeBytes: number): void {
    const lane = this.lanes.get(endpointId);
    if (lane !== undefined) lane.reserved -= 1;
    this.bytes -= sizeBytes;
    this.custody.dropFresh(deliveryId);
  }

  /** The accept may have committed and may not: the delivery is given back to the queue as soon as that is possible. */
  doubt(endpointId: string, item: { epoch: number; teamId: string; deliveryId: string }, sizeBytes: number): void {
    const lane = this.lanes.get(endpointId);
    if (lane !== undefined) lane.reserved -= 1;
    this.bytes -= sizeBytes;
    this.custody.doubt(item);
  }

  /** The accept committed: send it. */
  enter(item: DeliveryItem): void {
    const lane = this.lanes.get(item.endpointId);
    if (lane !== undefined) lane.reserved -= 1;
    if (item.epoch !== this.lease.epoch()) {
      this.bytes -= item.body.length;
      return;
    }
    // Deleted while its event was being accepted.
    if (lane === undefined) return this.custody.release([item]);
    item.enteredAtMs = this.options.clock.now();
    lane.put(item);
    this.dispatcher.offer(lane);
    return undefined;
  }

  /** Deliveries were put in the queue: look now. */
  queued(): void {
    this.backlog.poke();
  }

  /** Takes on changed endpoint configurations; a paused or disabled one gives its deliveries back. */
  reconfigure(endpoint: EndpointConfig): void {
    const lane = this.lanes.get(endpoint.id);
    if (lane === undefined || lane.config === endpoint) return;
    lane.reconfigure(
      endpoint,
      sameDestination(endpoint, lane.config) ? lane.channel : this.options.transport.open(endpoint),
      this.options.prepareFor(endpoint),
      this.options.clock.now(),
    );
    if (endpoint.status === 'active') {
      this.dispatcher.offer(lane);
      this.backlog.poke();
    } else this.custody.release(lane.drain());
  }

  /** A team's configuration changed: its lanes follow, and those of deleted endpoints end. */
  teamChanged(teamId: string, endpoints: ReadonlyMap<string, EndpointConfig>): void {
    for (const lane of this.lanes.values()) {
      if (lane.teamId !== teamId) continue;
      const endpoint = endpoints.get(lane.endpointId);
      if (endpoint !== undefined) this.reconfigure(endpoint);
      else {
        this.lanes.delete(lane.endpointId);
        void lane.channel.close();
        this.custody.release(lane.drain());
      }
    }
    // What was held for an endpoint that is active again may have no lane here.
    this.backlog.poke();
  }

  /** Counts for metrics and readiness. */
  state(): {
    joined: boolean;
    certain: boolean;
    stalled: boolean;
    inFlight: number;
    waiting: number;
    unsettled: number;
    bytes: number;
    liveNodes: number;
    openBreakers: number;
    lanes: number;
  } {
    let waiting = 0;
    let openBreakers = 0;
    for (const lane of this.lanes.values()) {
      waiting += lane.waiting;
      if (lane.breaker.state !== 'closed') openBreakers += 1;
    }
    return {
      joined: this.lease.epoch() !== null,
      certain: this.lease.certain(),
      stalled: this.settler.stalled,
      inFlight: this.dispatcher.inFlight,
      waiting,
      unsettled: this.settler.pending,
      bytes: this.bytes,
      liveNodes: this.liveNodes,
      openBreakers,
      lanes: this.lanes.size,
    };
  }

  /**
   * Stops within `deadlineMs`: nothing new starts, what waits is given back, what is under way may end and is
   * settled; what remains at the deadline is given back with the epoch and will be sent again by another.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.stopping = true;
    this.sweepTimer?.cancel();
    const deadline = new Promise<void>((resolve) => {
      const timer = this.options.timers.after(deadlineMs, resolve);
      void Promise.all([this.dispatcher.stop(), this.backlog.stop()])
        .then(() => this.settler.idle())
        .then(() => {
          timer.cancel();
          resolve();
        });
    });
    this.custody.release([...this.lanes.values()].flatMap((lane) => lane.drain()));
    await deadline;
    this.settler.giveUp();
    await this.lease.stop();
    this.ended = true;
  }

  private lowDeliveryId(): string {
    return this.custody.lowest() ?? this.options.ids.next('dlv');
  }

  private heard(beat: { databaseNowMs: number; halfRoundTripMs: number; liveNodes: number }): void {
    this.options.alignClock(beat.databaseNowMs, beat.halfRoundTripMs);
    this.liveNodes = beat.liveNodes;
    for (const lane of this.lanes.values()) lane.shareWith(beat.liveNodes);
    this.dispatcher.run();
  }

  private laneFor(endpoint: EndpointConfig): Lane {
    let lane = this.lanes.get(endpoint.id);
    if (lane === undefined) {
      lane = new Lane({
        config: endpoint,
        channel: this.options.transport.open(endpoint),
        prepare: this.options.prepareFor(endpoint),
        breakerPolicy: this.options.breakerPolicy ?? defaultBreakerPolicy,
        nowMs: this.options.clock.now(),
      });
      lane.shareWith(this.liveNodes);
      this.lanes.set(endpoint.id, lane);
    } else if (lane.config !== endpoint) this.reconfigure(endpoint);
    return lane;
  }

  // An endpoint that cannot be sent to as configured must not refuse the events of a whole batch: they wait.
  private laneOrNull(endpoint: EndpointConfig): Lane | null {
    try {
      return this.laneFor(endpoint);
    } catch (error) {
      this.options.events.onError('endpoint', error);
      return null;
    }
  }

  private async findLane(teamId: string, endpointId: string): Promise<Lane | null> {
    const endpoint = await this.options.endpoint(teamId, endpointId);
    return endpoint === null || endpoint.status !== 'active' ? null : this.laneFor(endpoint);
  }

  private claimed(lane: Lane, items: DeliveryItem[]): void {
    const nowMs = this.options.clock.now();
    for (const item of items) {
      // Claimed under an epoch that was lost meanwhile: others have it by now.
      if (item.epoch !== this.lease.epoch() || !this.custody.takeClaimed(item)) continue;
      this.bytes += item.body.length;
      item.enteredAtMs = nowMs;
      lane.put(item);
    }
    this.dispatcher.offer(lane);
  }

  private settle(settlement: Settlement, lane: Lane): void {
    // Its delivery was given back, and that this node cuts its exchanges at the end says nothing of the receiver.
    if (this.ended) return;
    const { item } = settlement;
    this.custody.attempted(item);
    this.options.events.onAttempt(settlement, lane.config);
    this.settler.settle(settlement);
  }

  private settled(batch: readonly Settlement[]): void {
    for (const { item, outcome, delayMs } of batch) {
      this.bytes -= item.body.length;
      this.custody.settled(item);
      if (outcome === 'dead') this.options.events.onDead();
      if (outcome === 'retry') this.backlog.pokeIn(delayMs);
      else if (item.orderingKey !== null) this.backlog.poke();
    }
    this.dispatcher.run();
  }

  private laneChanged(lane: Lane, opened: boolean): void {
    if (opened) {
      this.options.events.onBreakerOpened(lane.config, lane.probeFailed);
      this.custody.release(lane.drain());
    }
    const state = lane.breaker.state;
    if (state === 'open') this.backlog.pokeIn(Math.max(1, lane.breaker.untilMs - this.options.clock.now()));
    else if (lane.moreWaiting && lane.waiting * 2 <= lane.concurrency + 1) {
      lane.moreWaiting = false;
      this.backlog.poke();
    }
  }

  // The epoch is gone: what waits in memory is in the queue by now, or will be claimed again from there.
  private forget(): void {
    for (const lane of this.lanes.values()) {
      for (const item of lane.drain()) this.bytes -= item.body.length;
    }
    this.custody.forget();
  }

  private sweepLater(): void {
    this.sweepTimer = this.options.timers.after(sweepEveryMs, () => {
      if (this.custody.size > 0) {
        const beforeMs = this.options.clock.now() - waitingMaxMs;
        this.custody.release([...this.lanes.values()].flatMap((lane) => lane.drainOlderThan(beforeMs)));
        this.custody.resolveDoubts();
      }
      if (!this.stopping) this.sweepLater();
    });
  }
}

function sameDestination(one: EndpointConfig, other: EndpointConfig): boolean {
  return (
    one.url === other.url &&
    one.concurrency === other.concurrency &&
    JSON.stringify(one.clientTls) === JSON.stringify(other.clientTls)
  );
}
