import { createRandom, oneOf, type Random, wholeBetween } from './random.rules.ts';
import { ScenarioProblem } from './scenario-problem.rules.ts';
import type { Kind, Notification } from './simulated-request.ts';
import type { Scenario, Simulator } from './simulator.ts';

/** One notification to be sent, with what is to be wrong with it. */
export type Planned = {
  /** From 0, in the order of the plan. */
  index: number;
  notification: Notification;
  kind: Kind;
  /** Sent before, and once more as if the provider had not noticed. */
  duplicate: boolean;
  /** When it is due, in milliseconds since the simulation began, at the pace of its own world. */
  dueMs: number;
};

export type PlanInput = {
  simulator: Simulator;
  /** Played in turn. */
  scenarios: readonly Scenario[];
  seed: string;
  /** When the last event of the simulated world happens: Unix milliseconds. */
  nowMs: number;
  /** Only these events; null for all. */
  event: string | null;
  /** How often each scenario is played, or how many of the one event are sent. */
  count: number;
  /** So many notifications, all due at once; null to keep the pace. */
  burst: number | null;
  duplicateShare: number;
  /** How far a notification may get ahead of others. */
  shuffleWindow: number;
  flaws: { kinds: readonly Exclude<Kind, 'genuine'>[]; share: number };
  pdfSizeBytes: number | null;
};

/** Lives that run side by side begin so far apart. */
const staggerMs = 1000;
/** In a burst, where time means nothing, so many lives are under way at once. */
const burstOverlap = 8;

/** Everything that will be sent, made as it is taken: a large plan needs no more memory than a small one. */
export function* plan(input: PlanInput): Generator<Planned, void> {
  const random = createRandom(`${input.seed}/plan`);
  const doubled = withDuplicates(told(input), input.duplicateShare, random);
  const ordered = input.shuffleWindow === 0 ? doubled : shuffled(doubled, input.shuffleWindow, random);
  let index = 0;
  for (const sendable of ordered) {
    const { kinds, share } = input.flaws;
    const kind = kinds.length > 0 && random() < share ? oneOf(random, kinds) : 'genuine';
    yield { index, kind, ...sendable };
    index += 1;
  }
}

type Sendable = Pick<Planned, 'notification' | 'duplicate' | 'dueMs'>;

/** One playing of a scenario. */
type Life = {
  scenario: Scenario;
  number: number;
  bornMs: number;
  /** Where it begins among the others, and how much each millisecond of it counts there. */
  from: number;
  perMs: number;
};

/** What many worlds tell, interleaved. Each world has randomness of its own. */
function* told(input: PlanInput): Generator<Sendable> {
  const { limit, ...played } = livesOf(input);
  const births = input.burst === null ? pacedLives(played, input.nowMs) : burstLives(played, input.nowMs);
  const waiting: Placed[] = [];
  let sent = 0;
  let life = births.next().value;
  while (life !== undefined) {
    const { scenario, number, bornMs, from, perMs } = life;
    for (const notification of tell(input, scenario, number, bornMs)) {
      insert(waiting, { place: from + (notification.atMs - bornMs) * perMs, notification });
    }
    life = births.next().value;
    const until = life?.from ?? Number.POSITIVE_INFINITY;
    const later = waiting.findIndex(({ place }) => place >= until);
    for (const { place, notification } of waiting.splice(0, later === -1 ? waiting.length : later)) {
      if (sent >= limit) return;
      sent += 1;
      yield { notification, duplicate: false, dueMs: input.burst === null ? place : 0 };
    }
  }
}

type Placed = { place: number; notification: Notification };

/** Behind whatever has the same place: what happened at one time stays in its order. */
function insert(sorted: Placed[], placed: Placed): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.place ?? 0) <= placed.place) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, placed);
}

type Played = { scenarios: readonly Scenario[]; lives: number };

/** All end around now, a little apart: what takes longer began earlier. In the order in which they begin. */
function* pacedLives({ scenarios, lives }: Played, nowMs: number): Generator<Life, undefined> {
  const all = Array.from({ length: lives }, (_, number) => {
    const scenario = scenarios[number % scenarios.length] as Scenario;
    return { scenario, number, bornMs: nowMs - durationMs(scenario) - (lives - 1 - number) * staggerMs };
  });
  all.sort((one, other) => one.bornMs - other.bornMs);
  const startMs = all[0]?.bornMs ?? nowMs;
  for (const life of all) yield { ...life, from: life.bornMs - startMs, perMs: 1 };
}

/** In a burst time means nothing: some are under way at once, whatever they take. */
function* burstLives({ scenarios, lives }: Played, nowMs: number): Generator<Life, undefined> {
  for (let number = 0; number < lives; number += 1) {
    const scenario = scenarios[number % scenarios.length] as Scenario;
    const tookMs = durationMs(scenario);
    yield { scenario, number, bornMs: nowMs - tookMs, from: number, perMs: burstOverlap / (tookMs + 1) };
  }
}

/** Which scenarios are played in turn, how often in all, and how many notifications are wanted of them. */
function livesOf(input: PlanInput): Played & { limit: number } {
  const { burst, event, count } = input;
  const counted = input.scenarios
    .map((scenario) => ({ scenario, told: tell(input, scenario, 0, input.nowMs).length }))
    .filter(({ told }) => told > 0);
  if (counted.length === 0) {
    throw new ScenarioProblem('', `never tells of ${event ?? 'anything'}`, 'choose another, or leave --scenario out');
  }
  const scenarios = counted.map(({ scenario }) => scenario);
  if (burst === null && event === null) {
    return { scenarios, lives: count * scenarios.length, limit: Number.POSITIVE_INFINITY };
  }
  const limit = burst ?? count;
  const perRound = counted.reduce((sum, { told }) => sum + told, 0);
  return { scenarios, lives: Math.ceil(limit / perRound) * scenarios.length, limit };
}

function tell(input: PlanInput, scenario: Scenario, life: number, bornMs: number): Notification[] {
  const { simulator, seed, pdfSizeBytes, event } = input;
  const [random, shared] = [createRandom(`${seed}/${life}`), createRandom(`${seed}/account`)];
  const all = simulator.play(scenario, { random, shared, startMs: bornMs, pdfSizeBytes });
  return event === null ? all : all.filter((notification) => notification.event === event);
}

/** How long a scenario takes in its own world. */
function durationMs(scenario: Scenario): number {
  return scenario.steps.reduce((sum, { afterSeconds }) => sum + afterSeconds * 1000, 0);
}

/** Sends a share of them a second time, up to three places later. */
function* withDuplicates(source: Iterable<Sendable>, share: number, random: Random): Generator<Sendable> {
  let held: { places: number; sendable: Sendable }[] = [];
  for (const sendable of source) {
    yield sendable;
    held = held.map((each) => ({ ...each, places: each.places - 1 }));
    for (const { sendable: again } of held.filter(({ places }) => places <= 0)) {
      yield { ...again, duplicate: true, dueMs: Math.max(again.dueMs, sendable.dueMs) };
    }
    held = held.filter(({ places }) => places > 0);
    if (random() < share) held.push({ places: wholeBetween(random, 1, 3), sendable });
  }
  for (const { sendable } of held) yield { ...sendable, duplicate: true };
}

/** Lets each get ahead of at most `window` others; the times at which something is sent stay. */
function* shuffled(source: Iterable<Sendable>, window: number, random: Random): Generator<Sendable> {
  let held: { key: number; sendable: Sendable }[] = [];
  const dues: number[] = [];
  let place = 0;
  const first = (): Sendable | undefined => {
    const next = held.reduce(
      (least, each) => (each.key < least.key ? each : least),
      held[0] ?? { key: 0, sendable: null },
    );
    held = held.filter((each) => each !== next);
    const dueMs = dues.shift() ?? 0;
    return next.sendable === null ? undefined : { ...next.sendable, dueMs };
  };
  for (const sendable of source) {
    dues.push(sendable.dueMs);
    held.push({ key: place + random() * (window + 1), sendable });
    place += 1;
    // Nobody who comes later can have a smaller key than this place.
    while (held.some(({ key }) => key <= place)) {
      const next = first();
      if (next !== undefined) yield next;
    }
  }
  while (held.length > 0) {
    const next = first();
    if (next !== undefined) yield next;
  }
}
