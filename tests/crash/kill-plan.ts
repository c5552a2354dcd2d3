import type { Random } from '../simulation/random.ts';

/** How a round ends Posthorn. */
export type KillPlan = {
  name: string;
} /** `apartMs`: so much later than the database Posthorn is killed, where both are. */ & (
  | { kind: 'moment'; target: 'posthorn' | 'postgres' | 'both'; afterMs: number; apartMs: number; burst: boolean }
  /** The database is killed, and once more while Posthorn takes up its work again. */
  | { kind: 'again'; afterMs: number; thenMs: number }
  /**
   * The database goes away; Posthorn is killed this long after a provider was answered without it. Frozen and thawed, it
   * goes on with what it was at, which is in the spool as well by then.
   */
  | { kind: 'spooling'; outage: Outage; afterMs: number }
  /** `outage`: the point is on the way of requests into the spool or out of it, so the database is killed before. */
  | { kind: 'point'; point: string; atStart: boolean; outage: boolean }
);

type Outage = 'killed' | 'frozen' | 'thawed';

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
/** On the way into the spool and out of it; before `remove` everything that it removes was accepted. */
const spoolPoints = [
  { point: 'append:before', most: 60 },
  { point: 'append:sent', most: 60 },
  { point: 'append:after', most: 60 },
  { point: 'peek:after', most: 3 },
  { point: 'remove:before', most: 2 },
  { point: 'remove:sent', most: 2 },
  { point: 'remove:after', most: 2 },
];
/** These need a spool that the round before left something in. */
const drainPoints = ['peek:after', 'remove:before', 'remove:sent', 'remove:after'];

type Moment = { target: 'posthorn' | 'postgres' | 'both'; count: number; burst: boolean };

/**
 * Every point once, and then again, with random moments between: each run of 80 rounds or more has seen all of them, and
 * the first twelve have seen one of each kind.
 */
export function createKillPlans(random: Random, only = /^/): { next(): KillPlan } {
  let queue: KillPlan[] = [];

  const moments = ({ target, count, burst }: Moment): KillPlan[] =>
    Array.from({ length: count }, () => ({
      kind: 'moment',
      target,
      afterMs: random.whole(60, 1200),
      apartMs: burst ? random.whole(0, 400) : 0,
      burst,
      name: `${target}, ${burst ? 'in a burst of providers' : 'any moment'}`,
    }));
  const spooling = (outage: Outage): KillPlan => ({
    kind: 'spooling',
    outage,
    afterMs: random.whole(0, 250),
    name: `posthorn, spooling, database ${outage}`,
  });
  const atPoint = (at: { point: string; most: number }, outage: boolean): KillPlan => ({
    kind: 'point',
    point: `${at.point}:${random.whole(1, at.most)}`,
    atStart: false,
    outage,
    name: at.point,
  });
  const atStart = (point: string): KillPlan => ({
    kind: 'point',
    point: `${point}:1:now`,
    atStart: true,
    outage: false,
    name: `${point}, at start`,
  });
  const again = (): KillPlan => ({
    kind: 'again',
    afterMs: random.whole(60, 600),
    thenMs: random.whole(0, 400),
    name: 'postgres, and again while it comes back',
  });

  const refill = (): void => {
    const kinds: KillPlan[][][] = [
      moments({ target: 'posthorn', count: 10, burst: false }),
      moments({ target: 'postgres', count: 4, burst: false }),
      moments({ target: 'both', count: 4, burst: false }),
      [
        ...moments({ target: 'postgres', count: 3, burst: true }),
        ...moments({ target: 'both', count: 3, burst: true }),
      ],
      [again(), again()],
      [spooling('killed'), spooling('killed')],
      [spooling('frozen'), spooling('thawed')],
      points.map((point) => atPoint(point, false)),
      spoolPoints.map((point) => atPoint(point, true)),
      startPoints.map(atStart),
    ].map((plans) => plans.map((plan) => [plan]));
    kinds.push(drainPoints.map((point) => [spooling('killed'), atStart(point)]));
    const wanted = kinds
      .map((turns) => turns.filter((turn) => turn.some(({ name }) => only.test(name))))
      .map((turns) => shuffled(turns, random));
    if (wanted.flat().length === 0) throw new Error(`no kind of kill has a name with ${only}`);
    // However few rounds there are, they are of all kinds; the first leaves something in the spool.
    const firstOfKinds = shuffled(
      wanted.flatMap((turns) => turns.slice(0, 1)),
      random,
    ).toSorted((one, other) => other.length - one.length);
    const rest = shuffled(
      wanted.flatMap((turns) => turns.slice(1)),
      random,
    );
    queue = [...firstOfKinds, ...rest].flat().reverse();
  };

  return {
    next() {
      if (queue.length === 0) refill();
      return queue.pop() as KillPlan;
    },
  };
}

function shuffled<T>(from: readonly T[], random: Random): T[] {
  const list = [...from];
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = random.whole(0, at);
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}
