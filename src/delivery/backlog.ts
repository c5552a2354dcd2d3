import type { DeliveryItem, DeliveryStore, Timers } from './delivery-ports.ts';
import type { Lane } from './lane.ts';

/** Longest pause between looks at the queue: for work that another node left without a hint. */
const idleMs = 15_000;
const afterErrorMs = 1_000;
/** Bodies that one claim may bring into memory. */
const claimBudgetBytes = 16 * 1024 * 1024;
/** Rows that one claim may bring; more would make its transaction long. */
const claimMaxRows = 2_000;
/** How long a claim without an answer may still commit: longer than any statement may run. */
const claimDoubtMs = 90_000;

/**
 * Brings due deliveries from the queue into the lanes: looks which endpoints have work waiting, claims as much as
 * each lane has room for, and sleeps until the next one is due. An empty queue costs four look-ups a minute.
 */
export type Backlog = {
  start(): void;
  /** Look now, or as soon as the look under way has ended. */
  poke(): void;
  /** Look in `delayMs` at the latest. */
  pokeIn(delayMs: number): void;
  stop(): Promise<void>;
};

export function createBacklog(options: {
  store: Pick<DeliveryStore, 'waitingEndpoints' | 'claim'>;
  timers: Timers;
  now: () => number;
  epoch: () => number | null;
  mayClaim: () => boolean;
  memoryRoomBytes: () => number;
  /** The endpoint's lane, or null when it is paused, disabled or gone. */
  laneOf: (teamId: string, endpointId: string) => Promise<Lane | null>;
  onClaimed: (lane: Lane, items: DeliveryItem[]) => void;
  /** Frees what the epoch has claimed and this node does not hold. */
  releaseUnheld: (epoch: number) => Promise<void>;
  onError: (error: unknown) => void;
}): Backlog {
  let stopped = false;
  let looking: Promise<void> | null = null;
  let again = false;
  let timer: { cancel(): void } | null = null;
  let timerAtMs = Number.POSITIVE_INFINITY;
  let doubtUntilMs: number | null = null;

  const pokeIn = (delayMs: number): void => {
    if (stopped) return;
    const atMs = options.now() + delayMs;
    if (timer !== null && timerAtMs <= atMs) return;
    timer?.cancel();
    timerAtMs = atMs;
    timer = options.timers.after(Math.max(0, delayMs), () => {
      timer = null;
      timerAtMs = Number.POSITIVE_INFINITY;
      poke();
    });
  };

  const poke = (): void => {
    if (stopped) return;
    if (looking !== null) {
      again = true;
      return;
    }
    again = false;
    looking = look()
      .catch((error: unknown) => {
        options.onError(error);
        return afterErrorMs;
      })
      .then((nextMs) => {
        looking = null;
        if (again) pokeIn(0);
        else pokeIn(nextMs);
      });
  };

  // An endpoint whose configuration cannot be used must not keep the others waiting.
  const findLane = (teamId: string, endpointId: string): Promise<Lane | null> =>
    options.laneOf(teamId, endpointId).catch((error: unknown) => {
      options.onError(error);
      return null;
    });

  const claim: DeliveryStore['claim'] = async (epoch, wants, budgetBytes) => {
    try {
      return await options.store.claim(epoch, wants, budgetBytes);
    } catch (error) {
      doubtUntilMs = options.now() + claimDoubtMs;
      throw error;
    }
  };

  const look = async (): Promise<number> => {
    const epoch = options.epoch();
    if (epoch === null || !options.mayClaim()) return afterErrorMs;
    if (doubtUntilMs !== null) {
      const resolved = options.now() > doubtUntilMs;
      await options.releaseUnheld(epoch);
      if (resolved) doubtUntilMs = null;
    }
    const waiting = await options.store.waitingEndpoints();
    const due: Lane[] = [];
    let nextMs = idleMs;
    for (const entry of waiting) {
      const lane = await findLane(entry.teamId, entry.endpointId);
      if (lane === null) continue;
      if (entry.dueInMs > 0) nextMs = Math.min(nextMs, entry.dueInMs);
      else due.push(lane);
    }
    const budget = Math.min(claimBudgetBytes, options.memoryRoomBytes());
    if (due.length > 0 && budget <= 0) return Math.min(nextMs, 100);

    const shares = takeRoom(due);
    for (const lane of due) {
      if (lane.breaker.state === 'open') nextMs = Math.min(nextMs, Math.max(1, lane.breaker.untilMs - options.now()));
    }
    if (shares.length === 0) return nextMs;
    let byEndpoint: Map<string, DeliveryItem[]>;
    try {
      const wants = shares.map(({ lane, room }) => ({ endpointId: lane.endpointId, room }));
      byEndpoint = Map.groupBy(await claim(epoch, wants, budget), (item) => item.endpointId);
    } finally {
      for (const { lane, room } of shares) lane.reserved -= room;
    }
    for (const { lane, room } of shares) {
      const items = byEndpoint.get(lane.endpointId) ?? [];
      lane.moreWaiting = items.length === room;
      if (items.length > 0) options.onClaimed(lane, items);
    }
    // Cut by the budget or by rows: what is left is found on the next look.
    const rows = shares.reduce((sum, { room }) => sum + room, 0);
    return rows >= claimMaxRows ? 0 : Math.min(nextMs, byEndpoint.size === 0 ? 1_000 : 250);
  };

  // Half of each lane's room, kept for the claim while it is under way: the other half stays for fresh deliveries.
  const takeRoom = (due: Lane[]): { lane: Lane; room: number }[] => {
    const shares: { lane: Lane; room: number }[] = [];
    let rows = claimMaxRows;
    for (const lane of due) {
      const room = Math.min(Math.ceil(lane.room(options.now()) / 2), rows);
      if (room > 0) {
        lane.reserved += room;
        rows -= room;
        shares.push({ lane, room });
      } else if (lane.breaker.state !== 'open') lane.moreWaiting = true;
    }
    return shares;
  };

  return {
    start: poke,
    poke,
    pokeIn,
    async stop() {
      stopped = true;
      timer?.cancel();
      await looking;
    },
  };
}
