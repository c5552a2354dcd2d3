import type { LinkFaults } from './database-link.ts';
import type { Random } from './random.ts';
import { eventTypes } from './world.ts';

type Request = {
  atMs: number;
  number: number;
  team: number;
  type: string;
  events: number;
  sizeBytes: number;
  orderingKey: string | null;
  /** With an idempotency key: repeated until it is answered. */
  once: boolean;
};

type Fault = {
  atMs: number;
  kind: 'crash' | 'outage' | 'cut' | 'freeze' | 'status' | 'stop' | 'behaviour' | 'year';
  forMs: number;
};

export type Scenario = { nodes: number; busyMs: number; link: LinkFaults; requests: Request[]; faults: Fault[] };

/** What clients ask and which faults come when, all from the seed. Some runs are calm, some are a storm. */
export function planScenario(random: Random): Scenario {
  const busyMs = random.pick([20_000, 60_000, 240_000]);
  const stormy = random.chance(0.7);
  const nodes = random.pick([1, 1, 2, 2, 3, 4]);
  const requests: Request[] = [];
  const burst = random.chance(0.03);
  for (let number = random.whole(10, 80); number > 0; number -= 1) {
    requests.push({
      atMs: random.between(0, busyMs * 0.9),
      number,
      team: random.whole(0, 10),
      type: random.pick(eventTypes),
      events: random.chance(0.15) ? (burst ? 700 : random.whole(2, 20)) : 1,
      sizeBytes: random.chance(0.2) ? random.whole(100, 20_000) : 0,
      orderingKey: random.chance(0.6) ? random.pick(['a', 'b']) : null,
      once: random.chance(0.5),
    });
  }
  const faults: Fault[] = [];
  const kinds = [
    'crash',
    'outage',
    'cut',
    'freeze',
    'status',
    'status',
    'stop',
    'behaviour',
    'behaviour',
    'behaviour',
  ] as const;
  for (let count = stormy ? random.whole(3, 25) : random.whole(0, 4); count > 0; count -= 1) {
    faults.push({
      atMs: random.between(0, busyMs),
      kind: random.chance(0.01) ? 'year' : random.pick(kinds),
      forMs: random.chance(0.4) ? random.between(20_000, 90_000) : random.between(50, 8_000),
    });
  }
  const rate = stormy ? random.pick([0, 0.005, 0.03]) : 0;
  const link = {
    latencyMs: random.pick([1, 5, 60]),
    lostBefore: rate,
    lostAfter: rate,
    late: rate,
    crash: stormy && random.chance(0.3) ? 0.003 : 0,
  };
  return { nodes, busyMs, link, requests, faults };
}
