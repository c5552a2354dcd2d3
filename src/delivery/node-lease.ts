import { floorId } from '../ids/id.rules.ts';
import { inTime } from '../patience.ts';
import type { DeliveryStore, Timers } from './delivery-ports.ts';

const defaultLeaseSeconds = 30;
/** Beats in the time of a lease: one may be lost. */
const beatsOfLease = 3;
const afterErrorMs = 500;
/** A node stops sending this share of the lease before others may take over, so that both do not send the same. */
const marginShare = 1 / 6;
/** A database that does not answer holds no stop up: the lease runs out by itself. */
const leaveMaxMs = 3_000;

/**
 * This process's membership: joined under an epoch, kept alive by beats, left at a stop. While it is joined and its
 * lease is certain, `epoch` may own deliveries; when the lease cannot be renewed the node sends nothing until it is
 * certain again. What a dead node owned is taken over by whoever notices that its lease ran out.
 */
export type NodeLease = {
  start(): void;
  /** The epoch, or null before the first join and after the lease was lost. */
  epoch(): number | null;
  /** True while nobody else can hold what this node holds. */
  certain(): boolean;
  /** Leaves, so that others need not wait for the lease to run out; within 3 s, or without having left. */
  stop(): Promise<void>;
};

export function createNodeLease(options: {
  store: Pick<DeliveryStore, 'join' | 'beat' | 'takeOver' | 'epochs'>;
  timers: Timers;
  /** Monotonic milliseconds. */
  monotonicMs: () => number;
  name: string;
  /** No other node can exist (embedded database): the past is taken over at once. */
  exclusive: boolean;
  /** Shorter in tests of takeovers. */
  leaseSeconds?: number;
  lowDeliveryId: () => string;
  onJoined: (epoch: number) => void;
  /** The epoch was taken over: what is in memory belongs to others now. */
  onLost: (epoch: number) => void;
  onBeat: (beat: { databaseNowMs: number; halfRoundTripMs: number; liveNodes: number }) => void;
  onTakenOver: (epoch: number, deliveries: number) => void;
  onError: (error: unknown) => void;
}): NodeLease {
  const leaseSeconds = options.leaseSeconds ?? defaultLeaseSeconds;
  const beatMs = (leaseSeconds * 1000) / beatsOfLease;
  const certainForMs = leaseSeconds * 1000 * (1 - marginShare);
  let epoch: number | null = null;
  let certainUntilMs = 0;
  let timer: { cancel(): void } | null = null;
  let turning: Promise<void> = Promise.resolve();
  let stopped = false;

  const takeOver = async (dead: number, force: boolean): Promise<void> => {
    const deliveries = await options.store.takeOver(dead, force);
    if (deliveries !== null) options.onTakenOver(dead, deliveries);
  };

  const join = async (): Promise<void> => {
    const sentMs = options.monotonicMs();
    const joined = await options.store.join({
      name: options.name,
      // Not an id of this process: the first one would be dated by a clock that is not aligned yet.
      lowDeliveryId: floorId('dlv', 0),
      leaseSeconds,
    });
    const halfRoundTripMs = (options.monotonicMs() - sentMs) / 2;
    if (options.exclusive) {
      for (const other of await options.store.epochs()) {
        if (other !== joined.epoch) await takeOver(other, true);
      }
    }
    epoch = joined.epoch;
    certainUntilMs = sentMs + certainForMs;
    options.onBeat({ databaseNowMs: joined.databaseNowMs, halfRoundTripMs, liveNodes: 1 });
    options.onJoined(joined.epoch);
  };

  const beat = async (current: number): Promise<void> => {
    const sentMs = options.monotonicMs();
    const beaten = await options.store.beat({ epoch: current, lowDeliveryId: options.lowDeliveryId(), leaseSeconds });
    const halfRoundTripMs = (options.monotonicMs() - sentMs) / 2;
    if (!beaten.alive) {
      epoch = null;
      certainUntilMs = 0;
      options.onLost(current);
      await join();
      return;
    }
    certainUntilMs = sentMs + certainForMs;
    options.onBeat({ databaseNowMs: beaten.databaseNowMs, halfRoundTripMs, liveNodes: Math.max(1, beaten.liveNodes) });
    for (const dead of beaten.expiredEpochs) {
      if (dead !== current) await takeOver(dead, false);
    }
  };

  const turn = (): void => {
    if (stopped) return;
    const before = epoch;
    turning = (before === null ? join() : beat(before)).then(
      () => {
        // The first beat follows at once: it tells a joined node of the others, and them of its low_delivery.
        if (!stopped) timer = options.timers.after(epoch === before ? beatMs : 0, turn);
      },
      (error: unknown) => {
        options.onError(error);
        if (!stopped) timer = options.timers.after(afterErrorMs, turn);
      },
    );
  };

  return {
    start: turn,
    epoch: () => epoch,
    certain: () => epoch !== null && options.monotonicMs() < certainUntilMs,
    async stop() {
      stopped = true;
      timer?.cancel();
      const leave = async (): Promise<void> => {
        await turning;
        if (epoch !== null) await options.store.takeOver(epoch, true).catch(options.onError);
      };
      if (!(await inTime(options.timers, leave(), leaveMaxMs))) {
        options.onError(new Error('this node could not leave: what it holds is taken over when its lease has run out'));
      }
      epoch = null;
    },
  };
}
