import { isSuccess, tamperBody } from './make-request.rules.ts';
import type { Random } from './random.rules.ts';
import type { Notification, SimulatedRequest, Stamp } from './simulated-request.ts';
import type { Scenario, Simulator, WorldInput } from './simulator.ts';

/** What a simple provider tells: its event, and what it says about it. */
type SimpleFact<World> = { event: string; subject: string; content: object; atMs: number; world: World };

type Told = { subject: string; content: object };

type Required = Pick<Simulator, 'name' | 'title' | 'secret' | 'defaultScenario' | 'covers' | 'timestamped'>;
type Optional = Partial<Pick<Simulator, 'acknowledged' | 'tamper' | 'handshake'>>;

type SimpleSpec<World> = Required &
  Optional & {
    /** Who does things in its scenarios. */
    by: string;
    events: Readonly<Record<string, { description: string; tell(world: World, atMs: number, random: Random): Told }>>;
    /** `shared` begins alike in every world of one simulation. */
    makeWorld: (random: Random, shared: Random) => World;
    /** Everything that is to stay the same from attempt to attempt is made before the function that it gives back. */
    prepare: (fact: SimpleFact<World>, random: Random) => (stamp: Stamp) => SimulatedRequest;
  };

/** A provider whose scenarios are a list of its events, all about one world that does not change. */
export function simpleSimulator<World>(spec: SimpleSpec<World>): Simulator {
  const { by, events, makeWorld, prepare, ...rest } = spec;
  const described = Object.entries(events).map(([name, { description }]) => ({ name, description }));
  return {
    acknowledged: ({ status }) => isSuccess(status),
    tamper: tamperBody,
    ...rest,
    events: described,
    roles: [],
    about: {},
    actions: Object.fromEntries(described.map(({ name, description }) => [name, { by, description }])),
    // Neither is in the provider facts.
    timeoutMs: 30_000,
    retries: { kind: 'independent', runners: { none: [] }, usual: 'none' },
    play(scenario: Scenario, { random, shared, startMs }: WorldInput): Notification[] {
      const world = makeWorld(random, shared);
      let atMs = startMs;
      return scenario.steps.flatMap(({ does, afterSeconds }) => {
        atMs += afterSeconds * 1000;
        const told = events[does]?.tell(world, atMs, random);
        if (told === undefined) return [];
        const fact = { event: does, ...told, atMs, world };
        return [{ event: does, subject: told.subject, atMs, request: prepare(fact, random) }];
      });
    },
  };
}

/** A secret that will do as long as there is one. */
export function anySecret(what: string, wrong: (random: Random) => string): Simulator['secret'] {
  return { what, required: true, several: false, problemOf: () => null, wrong };
}

export function unixSeconds(unixMs: number): number {
  return Math.floor(unixMs / 1000);
}
