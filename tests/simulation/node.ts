import { createAlignedClock } from '../../src/clock.ts';
import { DeliveryEngine } from '../../src/delivery/engine.ts';
import type { DeliveryStore } from '../../src/delivery/delivery-ports.ts';
import type { EndpointConfig } from '../../src/endpoints/endpoint-config.ts';
import type { AcceptStore } from '../../src/events/accept.store.ts';
import { createEventAcceptor, type EventAcceptor, type Subscriptions } from '../../src/events/event-acceptor.ts';
import { createIdSource } from '../../src/ids/id-source.ts';
import type { DatabaseLink } from './database-link.ts';
import type { Oracle } from './oracle.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import { noLargeBodies } from '../support/delivery-parts.ts';
import { type Receivers, simulatedHeaders } from './receivers.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';
import { subscribersOf, type Team, type World } from './world.ts';

/** One node: the product's engine and acceptor over a simulated database, clock and network. */
export type SimulatedNode = {
  process: Process;
  engine: DeliveryEngine;
  acceptor: EventAcceptor;
  /** A hint that a team's configuration changed. */
  notified(teamId: string): void;
};

export function createNode(options: {
  process: Process;
  time: VirtualTime;
  random: Random;
  link: DatabaseLink;
  deliveryStore: DeliveryStore;
  acceptStore: AcceptStore;
  world: World;
  receivers: Receivers;
  oracle: Oracle;
  trace: Trace;
  systemClockOffMs: number;
  onGone: (endpoint: EndpointConfig) => void;
}): SimulatedNode {
  const { process, time, random, link, world, trace } = options;
  const bornMs = time.nowMs;
  const monotonicMs = (): number => time.nowMs - bornMs;
  const clock = createAlignedClock(monotonicMs, () => time.nowMs + options.systemClockOffMs);
  const ids = createIdSource(clock, (bytes) => random.fill(bytes));
  const teams = new Map<string, Team>();

  const readTeam = async (teamId: string): Promise<Team | null> => {
    const team = await link.call('config', () => Promise.resolve(world.teams.get(teamId) ?? null));
    if (team === null || (teams.get(teamId)?.version ?? 0) >= team.version) return teams.get(teamId) ?? null;
    teams.set(teamId, team);
    engine.teamChanged(teamId, team.endpoints);
    return team;
  };
  const subscriptions = (team: Team | null): Subscriptions | null =>
    team && { version: team.version, endpoints: team.endpoints, subscribers: (type) => subscribersOf(team, type) };

  const engine: DeliveryEngine = new DeliveryEngine({
    store: link.deliveryStore(options.deliveryStore),
    transport: { open: (endpoint) => options.receivers.channel(process, endpoint) },
    clock,
    monotonicMs,
    timers: process,
    ids,
    random: () => random.next(),
    bodies: noLargeBodies,
    nodeName: process.name,
    exclusive: false,
    endpoint(teamId, endpointId) {
      const known = teams.get(teamId);
      if (known !== undefined) return known.endpoints.get(endpointId) ?? null;
      return readTeam(teamId).then((team) => team?.endpoints.get(endpointId) ?? null);
    },
    prepareFor: () => simulatedHeaders,
    alignClock: (databaseNowMs, halfRoundTripMs) => clock.align(databaseNowMs, halfRoundTripMs),
    events: {
      onAttempt: () => undefined,
      onGone: options.onGone,
      onDead: () => undefined,
      onBreakerOpened: (endpoint) => options.oracle.breakerOpened(process, endpoint.id),
      onTakenOver: () => undefined,
      onFenced: (count) => trace.add(`${process.name} fenced ${count}`),
      onError(where, error) {
        const message = error instanceof Error ? error.message : String(error);
        trace.add(`${process.name} ${where} error ${message}`);
        // What a database that is away or does not answer leads to; anything else is a finding.
        if (!/^(?:Connection|this node could not leave)/.test(message))
          options.oracle.violate(`${where}: ${(error as Error).stack}`);
      },
    },
  });
  const acceptor = createEventAcceptor({
    store: link.acceptStore(options.acceptStore),
    admission: engine,
    ids,
    clock,
    defer: (run) => process.defer(run),
    subscriptions(teamId) {
      const known = teams.get(teamId);
      return known === undefined ? readTeam(teamId).then(subscriptions) : subscriptions(known);
    },
    async refresh(teamIds) {
      await Promise.all(teamIds.map(readTeam));
    },
    alignClock: (databaseNowMs) => clock.align(databaseNowMs, 0),
    makePartitions: () => Promise.resolve(),
    onError: (error) => trace.add(`${process.name} accept error ${String(error)}`),
  });

  // Notifications may be lost: every node reads its teams again now and then.
  const reread = (): void => {
    process.after(20_000, () => {
      for (const teamId of teams.keys()) readTeam(teamId).catch(() => undefined);
      if (process.running) reread();
    });
  };
  reread();
  engine.start();
  return {
    process,
    engine,
    acceptor,
    notified: (teamId) => process.own(() => void readTeam(teamId).catch(() => undefined))(),
  };
}
