/** Something that ends when its time is up. The links belong to the list of {@link Deadlines}. */
export type Timed = {
  deadlineMs: number;
  expire(): void;
  earlier: Timed | null;
  later: Timed | null;
};

/** One coarse timer for any number of deadlines; adding and removing one costs a few assignments. */
export type Deadlines = { add(timed: Timed): void; remove(timed: Timed): void };

const sweepEveryMs = 50;

/** Deadlines may be moved while they wait; one expires at most 50 ms late. The timer runs only while some wait. */
export function createDeadlines(nowMs: () => number): Deadlines {
  let first: Timed | null = null;
  let timer: NodeJS.Timeout | null = null;

  function sweep(): void {
    if (first === null && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
    const now = nowMs();
    // Collected first: what expires removes itself, and may add others.
    const expired: Timed[] = [];
    for (let timed = first; timed !== null; timed = timed.later) if (timed.deadlineMs <= now) expired.push(timed);
    for (const timed of expired) timed.expire();
  }

  return {
    add(timed) {
      timed.later = first;
      if (first !== null) first.earlier = timed;
      first = timed;
      timer ??= setInterval(sweep, sweepEveryMs);
    },
    remove(timed) {
      if (timed.earlier !== null) timed.earlier.later = timed.later;
      else if (first === timed) first = timed.later;
      else return;
      if (timed.later !== null) timed.later.earlier = timed.earlier;
      timed.earlier = null;
      timed.later = null;
    },
  };
}
