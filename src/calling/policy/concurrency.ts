import type { Policy } from '../../connections/policy.ts';
import type { Timers } from '../../delivery/delivery-ports.ts';

type Limits = Policy['concurrency'];
type Waiter = { grant(): void; refuse(reason: Error): void };

/** More calls wait for a turn already than the policy lets wait. */
export class QueueFull extends Error {
  constructor(waiting: number) {
    super(`${waiting} calls wait for a turn already, which is as many as the connection's policy lets wait.`);
    this.name = 'QueueFull';
  }
}

/** No turn came within the policy's `waitMs`. */
export class WaitedTooLong extends Error {
  constructor(waitMs: number) {
    super(`No turn came within ${waitMs} ms: as many calls are under way as the connection's policy lets through.`);
    this.name = 'WaitedTooLong';
  }
}

/**
 * Turns of one connection. A free turn goes to the API key with the fewest calls under way, and among equals to the one
 * that was served longest ago; so one caller takes all turns only while nobody else wants any. A full queue makes room
 * for a key with fewer waiting calls at the expense of the key with most.
 */
export type Bulkhead = {
  /** A turn that is free at once: what gives it back, which may be called more than once. Null: `acquire` waits. */
  takeFree(apiKeyId: string | null): (() => void) | null;
  /**
   * Resolves with what gives the turn back, as `takeFree`.
   * @param apiKeyId null: the operator and Posthorn itself, which count as one caller
   * @throws QueueFull, WaitedTooLong, or the signal's reason
   */
  acquire(apiKeyId: string | null, signal?: AbortSignal): Promise<() => void>;
  /** New limits; calls under way beyond them end as they would. */
  limit(limits: Limits): void;
  readonly underWay: number;
  readonly waiting: number;
};

export function createBulkhead(options: { limits: Limits; timers: Timers }): Bulkhead {
  const { timers } = options;
  let { limits } = options;
  /** Calls under way by caller; callers with none are not in it. */
  const running = new Map<string, number>();
  /** By caller; callers without waiting calls are not in it. */
  const queues = new Map<string, Waiter[]>();
  /** When each caller was served last, counted in turns; only while anybody waits does it matter. */
  const served = new Map<string, number>();
  let turns = 0;
  let underWay = 0;
  let waiting = 0;

  function begin(caller: string): () => void {
    underWay += 1;
    turns += 1;
    if (waiting === 0) served.clear();
    served.set(caller, turns);
    running.set(caller, (running.get(caller) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      underWay -= 1;
      const left = (running.get(caller) ?? 1) - 1;
      if (left === 0) running.delete(caller);
      else running.set(caller, left);
      grantFree();
    };
  }

  function grantFree(): void {
    while (underWay < limits.most) {
      const caller = nextCaller();
      const waiter = caller === null ? undefined : queues.get(caller)?.[0];
      if (caller === null || waiter === undefined) return;
      remove(caller, waiter);
      waiter.grant();
    }
  }

  function nextCaller(): string | null {
    let found: string | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    let longestAgo = Number.POSITIVE_INFINITY;
    for (const caller of queues.keys()) {
      const count = running.get(caller) ?? 0;
      const turn = served.get(caller) ?? 0;
      if (count < fewest || (count === fewest && turn < longestAgo)) {
        [found, fewest, longestAgo] = [caller, count, turn];
      }
    }
    return found;
  }

  function remove(caller: string, waiter: Waiter): void {
    const queue = queues.get(caller);
    const index = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    waiting -= 1;
    if (queue.length === 0) queues.delete(caller);
  }

  /** False: there is no room for one more of this caller. */
  function makeRoom(caller: string): boolean {
    if (waiting < limits.waiting) return true;
    if (limits.waiting === 0) return false;
    let longest: [string, Waiter[]] | null = null;
    for (const entry of queues) if (longest === null || entry[1].length > longest[1].length) longest = entry;
    const own = queues.get(caller)?.length ?? 0;
    const last = longest?.[1].at(-1);
    if (longest === null || last === undefined || longest[1].length <= own + 1) return false;
    last.refuse(new QueueFull(waiting));
    return true;
  }

  function wait(caller: string, signal: AbortSignal | undefined): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        grant() {
          done();
          resolve(begin(caller));
        },
        refuse(reason) {
          done();
          remove(caller, waiter);
          reject(reason);
        },
      };
      const onAbort = (): void => waiter.refuse(signal?.reason as Error);
      const { waitMs } = limits;
      const timer = timers.after(waitMs, () => waiter.refuse(new WaitedTooLong(waitMs)));
      signal?.addEventListener('abort', onAbort);
      const queue = queues.get(caller);
      if (queue === undefined) queues.set(caller, [waiter]);
      else queue.push(waiter);
      waiting += 1;
    });
  }

  const takeFree: Bulkhead['takeFree'] = (apiKeyId) =>
    underWay < limits.most && waiting === 0 ? begin(apiKeyId ?? '') : null;

  return {
    takeFree,
    async acquire(apiKeyId, signal) {
      signal?.throwIfAborted();
      const free = takeFree(apiKeyId);
      if (free !== null) return free;
      const caller = apiKeyId ?? '';
      if (!makeRoom(caller)) throw new QueueFull(waiting);
      return wait(caller, signal);
    },
    limit(changed) {
      limits = changed;
      grantFree();
    },
    get underWay() {
      return underWay;
    },
    get waiting() {
      return waiting;
    },
  };
}
