import type { Random } from '../simulation/random.ts';

/** How a round ends Posthorn. */
export type KillPlan =
  | { kind: 'moment'; target: 'posthorn' | 'postgres' | 'both'; afterMs: number; name: string }
  | { kind: 'point'; point: string; atStart: boolean; name: string };

/** Around every commit; with `:now` also while the node is coming up and taking over what the last one left. */
const points = [
  { point: 'accept:before', most: 40 },
  { point: 'accept:sent', most: 40 },
  { point: 'accept:after', most: 40 },
  { point: 'accept:heard', most: 40 },
  { point: 'settle:before', most: 40 },
  { point: 'settle:sent', most: 40 },
  { point: 'settle:after', most: 40 },
  { point: 'claim:before', most: 8 },
  { point: 'claim:sent', most: 8 },
  { point: 'claim:after', most: 8 },
  { point: 'claim:heard', most: 8 },
  { point: 'release:before', most: 1 },
  { point: 'release:sent', most: 1 },
  { point: 'release:after', most: 1 },
];
const startPoints = ['join:sent', 'join:after', 'takeOver:before', 'takeOver:sent', 'takeOver:after', 'claim:after'];

/** Every point once, and then again, with random moments between: each run of 50 rounds or more has seen all of them. */
export function createKillPlans(random: Random): { next(): KillPlan } {
  let queue: KillPlan[] = [];
  const refill = (): void => {
    const moments = (target: 'posthorn' | 'postgres' | 'both', count: number): KillPlan[] =>
      Array.from({ length: count }, () => ({
        kind: 'moment',
        target,
        afterMs: random.whole(60, 1200),
        name: `${target}, any moment`,
      }));
    queue = [
      ...moments('posthorn', 10),
      ...moments('postgres', 4),
      ...moments('both', 4),
      ...points.map(
        ({ point, most }): KillPlan => ({
          kind: 'point',
          point: `${point}:${random.whole(1, most)}`,
          atStart: false,
          name: point,
        }),
      ),
      ...startPoints.map(
        (point): KillPlan => ({
          kind: 'point',
          point: `${point}:1:now`,
          atStart: true,
          name: `${point}, at start`,
        }),
      ),
    ];
    for (let at = queue.length - 1; at > 0; at -= 1) {
      const other = random.whole(0, at);
      [queue[at], queue[other]] = [queue[other] as KillPlan, queue[at] as KillPlan];
    }
  };
  return {
    next() {
      if (queue.length === 0) refill();
      return queue.pop() as KillPlan;
    },
  };
}
