import { subscribesTo } from '../../../endpoints/subscription.rules.ts';

export type MatchedEvent = {
  id: string;
  type: string;
  /** Null: posted to the API, in whose stored body the payload is `data`. */
  source: string | null;
  atMs: number;
  /** The parsed body; undefined when it is no JSON or was not read. */
  payload: unknown;
  /** Endpoints that have a delivery of it. */
  endpoints: readonly string[];
};

export type ComparedEndpoint = {
  id: string;
  name: string;
  eventTypes: readonly string[];
  sources: readonly string[] | null;
  matches: ((payload: unknown) => boolean) | null;
  changedAtMs: number;
};

type Pair = { event: string; endpoint: string; type: string };

export type Matching = { events: number; pairs: number; missing: readonly Pair[]; surplus: readonly Pair[] };

/** A test event is made right after it is asked for. */
const testWithinMs = 5_000;

/**
 * Which events an endpoint should have had and has no delivery of, and of which it has one without having chosen them.
 * What cannot be told is left out: events from before the endpoint was changed last, bodies that its filter cannot be
 * tried on, and test events, which go to one endpoint alone.
 */
export function compareMatches(
  events: readonly MatchedEvent[],
  endpoints: readonly ComparedEndpoint[],
  tests: readonly { endpoint: string; atMs: number }[],
): Matching {
  const missing: Pair[] = [];
  const surplus: Pair[] = [];
  let pairs = 0;
  const names = new Map(endpoints.map(({ id, name }) => [id, name]));
  const isTest = ({ endpoints: of, source, atMs }: MatchedEvent): boolean =>
    source === null &&
    of.length <= 1 &&
    tests.some(
      (test) =>
        (of[0] === undefined || names.get(of[0]) === test.endpoint) &&
        atMs >= test.atMs - testWithinMs &&
        atMs <= test.atMs + testWithinMs,
    );
  for (const event of events) {
    if (isTest(event)) continue;
    for (const endpoint of endpoints) {
      if (event.atMs <= endpoint.changedAtMs) continue;
      const payload = event.source === null ? dataOf(event.payload) : event.payload;
      if (endpoint.matches !== null && payload === undefined) continue;
      pairs += 1;
      const isChosen =
        subscribesTo(endpoint.eventTypes, event.type) &&
        (endpoint.sources === null || (event.source !== null && endpoint.sources.includes(event.source))) &&
        (endpoint.matches === null || endpoint.matches(payload));
      if (isChosen === event.endpoints.includes(endpoint.id)) continue;
      (isChosen ? missing : surplus).push({ event: event.id, endpoint: endpoint.name, type: event.type });
    }
  }
  return { events: events.length, pairs, missing, surplus };
}

function dataOf(payload: unknown): unknown {
  return typeof payload === 'object' && payload !== null ? (payload as { data?: unknown }).data : undefined;
}
