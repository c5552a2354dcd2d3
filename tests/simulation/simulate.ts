import type { DeliveryEngine } from '../../src/delivery/engine.ts';
import type { DeliveryStore } from '../../src/delivery/delivery-ports.ts';
import type { AcceptStore } from '../../src/events/accept.store.ts';
import { DatabaseLink, type Outage } from './database-link.ts';
import { createMemoryAcceptStore } from './memory-accept-store.ts';
import { MemoryDatabase } from './memory-database.ts';
import { createMemoryDeliveryStore } from './memory-delivery-store.ts';
import { createNode, type SimulatedNode } from './node.ts';
import { nodeLeaks, overfullLane } from './node-memory.ts';
import { Oracle } from './oracle.ts';
import { Process } from './process.ts';
import { createRandom, type Random } from './random.ts';
import { Receivers } from './receivers.ts';
import { planScenario, type Scenario } from './scenario.ts';
import { Trace } from './trace.ts';
import { VirtualTime } from './virtual-time.ts';
import { anyBehaviour, World } from './world.ts';

export type Report = {
  seed: number;
  digest: string;
  violations: string[];
  counts: Oracle['counts'] & { crashes: number; acknowledged: number; turns: number };
  trace: string[];
};

/** A planted bug: what replaces the product's own part. For the tests that prove that the oracle can fail. */
export type Mutation = {
  deliveryStore?: (store: DeliveryStore, database: MemoryDatabase) => DeliveryStore;
  acceptStore?: (store: AcceptStore, database: MemoryDatabase) => AcceptStore;
  engine?: (engine: DeliveryEngine) => void;
};

const startMs = Date.UTC(2026, 7, 3, 9);
const hourMs = 3_600_000;

/** Runs the nodes, clients, receivers and faults that a seed describes, to the end. The same seed is the same run. */
export async function simulate(seed: number, options: { trace?: boolean; mutation?: Mutation } = {}): Promise<Report> {
  const run = new Run(seed, options.trace ?? false, options.mutation ?? {});
  await run.toTheEnd();
  return run.report();
}

class Run {
  private readonly seed: number;
  private readonly random: Random;
  private readonly time = new VirtualTime(startMs);
  private readonly trace: Trace;
  private readonly oracle: Oracle;
  private readonly database: MemoryDatabase;
  private readonly world: World;
  private readonly receivers: Receivers;
  private readonly scenario: Scenario;
  private readonly outage: Outage = { untilMs: 0 };
  private readonly nodes: (SimulatedNode | null)[] = [];
  private readonly mutation: Mutation;
  private readonly mutated: boolean;
  private processes = 0;
  private crashes = 0;
  private acknowledged = 0;
  /** Requests whose clients have not given up nor been answered. */
  private asking = 0;
  private healed = false;

  constructor(seed: number, keepTrace: boolean, mutation: Mutation) {
    this.seed = seed;
    this.mutation = mutation;
    this.mutated = Object.keys(mutation).length > 0;
    this.random = createRandom(seed);
    this.trace = new Trace(() => this.time.nowMs, keepTrace);
    this.world = new World(this.random.fork(), startMs);
    this.oracle = new Oracle({
      trace: this.trace,
      endpoint: (id) => this.world.endpoint(id),
      subscribers: (teamId, type) => this.world.subscribers(teamId, type),
    });
    this.database = new MemoryDatabase(() => this.time.nowMs, this.oracle);
    this.oracle.database = this.database;
    for (const { id, version } of this.world.teams.values()) this.database.teams.set(id, { version, deleted: false });
    this.receivers = new Receivers(this.time, this.random.fork(), this.oracle);
    this.scenario = planScenario(this.random.fork());
  }

  async toTheEnd(): Promise<void> {
    const { scenario, time, random } = this;
    for (let index = 0; index < scenario.nodes; index += 1) this.startNode(index);
    this.asking = scenario.requests.length;
    for (const request of scenario.requests) time.after(request.atMs, () => void this.post(request, 0));
    for (const fault of scenario.faults) time.after(fault.atMs, () => this.inflict(fault));
    this.watchMemory();
    const busyUntilMs = startMs + scenario.busyMs;
    await time.run(busyUntilMs);
    const held = this.heal();
    // A planted bug need not be waited for as long as the longest schedule and Retry-After may take together.
    const patienceMs = (this.mutated ? 30 : 72) * hourMs;
    const done = await time.run(
      busyUntilMs + patienceMs,
      () =>
        (this.asking === 0 && this.oracle.unsettled(held) === 0) || (this.mutated && this.oracle.violations.length > 0),
    );
    if (!done) this.trace.add('not done in time');
    await time.run(time.nowMs + 90_000);
    const [first, ...others] = this.nodes as SimulatedNode[];
    const stopping = (random.chance(0.5) ? others : this.nodes).map((node) => this.stopNode(node as SimulatedNode));
    await time.run(time.nowMs + 90_000);
    if (stopping.length > others.length) this.startNode(0);
    else
      for (const leak of nodeLeaks((first as SimulatedNode).engine))
        this.oracle.violate(`${first?.process.name}: ${leak}`);
    this.oracle.judge(held);
  }

  report(): Report {
    const counts = {
      ...this.oracle.counts,
      crashes: this.crashes,
      acknowledged: this.acknowledged,
      turns: this.time.turns,
    };
    this.trace.add(JSON.stringify(counts));
    const { digest, lines } = this.trace;
    return { seed: this.seed, digest, violations: this.oracle.violations, counts, trace: lines };
  }

  private startNode(index: number): void {
    const { time, random, mutation, database } = this;
    this.processes += 1;
    const process = new Process(`node${index}.${this.processes}`, time);
    this.trace.add(`${process.name} starts`);
    const link = new DatabaseLink({
      time,
      process,
      random: random.fork(),
      faults: this.healed
        ? { ...this.scenario.link, lostBefore: 0, lostAfter: 0, late: 0, crash: 0 }
        : this.scenario.link,
      outage: this.outage,
      crash: () => this.crash(index),
      trace: this.trace,
    });
    const deliveries = createMemoryDeliveryStore(database);
    const accepts = createMemoryAcceptStore(database);
    const node = createNode({
      process,
      time,
      random: random.fork(),
      link,
      deliveryStore: mutation.deliveryStore?.(deliveries, database) ?? deliveries,
      acceptStore: mutation.acceptStore?.(accepts, database) ?? accepts,
      world: this.world,
      receivers: this.receivers,
      oracle: this.oracle,
      trace: this.trace,
      systemClockOffMs: random.chance(0.3) ? random.pick([-3_600_000, 3_600_000]) : random.between(-200, 200),
      onGone: (endpoint) => time.after(random.between(1, 100), () => this.setStatus(endpoint.id, 'disabled')),
    });
    mutation.engine?.(node.engine);
    this.nodes[index] = node;
  }

  private crash(index: number): void {
    const node = this.nodes[index];
    if (this.healed || node === null || node === undefined || !node.process.running) return;
    this.trace.add(`${node.process.name} crashes`);
    this.crashes += 1;
    node.process.crashed = true;
    this.nodes[index] = null;
    this.time.after(this.random.between(100, 45_000), () => {
      if (!this.healed && this.nodes[index] === null) this.startNode(index);
    });
  }

  private async stopNode(node: SimulatedNode): Promise<void> {
    this.trace.add(`${node.process.name} stops`);
    await node.engine.stop(this.random.pick([0, 1_000, 60_000]));
    node.process.left = true;
    this.trace.add(`${node.process.name} has stopped`);
  }

  private async post(request: Scenario['requests'][0], tries: number): Promise<void> {
    const { time, random } = this;
    const node = random.pick(this.nodes);
    const again = (): void => {
      if (request.once && tries < 20) time.after(random.between(100, 5_000), () => void this.post(request, tries + 1));
      else this.asking -= 1;
    };
    if (node === null || node === undefined) return again();
    const teams = [...this.world.teams.keys()];
    const teamId = teams[request.team % teams.length] as string;
    const drafts = Array.from({ length: request.events }, (_, index) => {
      const name = `r${request.number}.${index}`;
      return {
        teamId,
        type: request.type,
        contentType: 'text/plain',
        body: Buffer.from(`${name} ${request.once ? 'once' : 'often'} `.padEnd(request.sizeBytes, '.')),
        payload: undefined,
        idempotencyKey: request.once ? name : null,
        requestHash: request.once ? Buffer.from(name) : null,
        orderingKey: request.orderingKey,
        occurredAtMs: null,
        blob: null,
        origin: null,
        keySeconds: 86_400,
        onlyEndpointId: null,
      };
    });
    let waiting = true;
    const timer = time.after(30_000, () => {
      waiting = false;
      again();
    });
    try {
      const answers = await node.acceptor.acceptAll(drafts);
      if (!waiting) return undefined;
      timer.cancel();
      this.acknowledged += 1;
      this.asking -= 1;
      answers.forEach((answer, index) => {
        if (answer.conflict) this.oracle.violate(`r${request.number}.${index} conflicts with itself`);
        this.oracle.answered(`r${request.number}.${index}`, answer.id, request.once);
      });
    } catch (error) {
      this.trace.add(`r${request.number} refused: ${(error as Error).message}`);
      if (!waiting) return undefined;
      timer.cancel();
      again();
    }
    return undefined;
  }

  private inflict(fault: Scenario['faults'][0]): void {
    const { time, random } = this;
    const index = random.whole(0, this.nodes.length - 1);
    const node = this.nodes[index];
    const untilMs = time.nowMs + fault.forMs;
    this.trace.add(`fault ${fault.kind} for ${fault.forMs} on node${index}`);
    const endpoint = random.pick(this.world.endpoints);
    if (fault.kind === 'outage') this.outage.untilMs = untilMs;
    else if (fault.kind === 'crash') this.crash(index);
    else if (fault.kind === 'cut' && node) node.process.cutUntilMs = untilMs;
    else if (fault.kind === 'freeze' && node) node.process.frozenUntilMs = untilMs;
    else if (fault.kind === 'status') this.setStatus(endpoint.id, random.pick(['active', 'paused', 'disabled']));
    else if (fault.kind === 'stop' && node && this.nodes.filter(Boolean).length > 1) {
      this.nodes[index] = null;
      void this.stopNode(node);
      time.after(fault.forMs, () => {
        if (!this.healed && this.nodes[index] === null) this.startNode(index);
      });
    } else if (fault.kind === 'behaviour') this.receivers.behaviours.set(endpoint.id, anyBehaviour(random));
    else if (fault.kind === 'year') {
      const status = { kind: 'status', status: 503, retryAfter: '31536000' } as const;
      this.receivers.behaviours.set(endpoint.id, status);
    }
  }

  private setStatus(endpointId: string, status: 'active' | 'paused' | 'disabled'): void {
    if (this.world.endpoint(endpointId).status === status) return;
    const team = this.world.setStatus(endpointId, status);
    if (status === 'active') this.oracle.endpointActive(endpointId);
    this.trace.add(`${endpointId} becomes ${status}`);
    this.database.teams.set(team.id, { version: team.version, deleted: false });
    for (const node of this.nodes) {
      if (node && this.random.chance(0.8)) this.time.after(this.random.between(1, 50), () => node.notified(team.id));
    }
  }

  /** Ends all faults. @returns the endpoints that stay paused. */
  private heal(): Set<string> {
    const { time, random } = this;
    this.trace.add('heals');
    this.healed = true;
    this.outage.untilMs = 0;
    this.nodes.forEach((node, index) => {
      if (!node) {
        // Now and then a dead node stays dead.
        if (index === 0 || random.chance(0.5)) this.startNode(index);
        return;
      }
      node.process.cutUntilMs = 0;
      Object.assign(this.scenario.link, { lostBefore: 0, lostAfter: 0, late: 0, crash: 0 });
    });
    const held = new Set<string>();
    for (const endpoint of this.world.endpoints) {
      const fails = random.chance(0.1);
      this.receivers.behaviours.set(endpoint.id, { kind: fails ? 'resets' : 'well' });
      // An open breaker lets one attempt through every five minutes: failing for ever would be a very long run.
      if (fails) time.after(3 * hourMs, () => this.receivers.behaviours.set(endpoint.id, { kind: 'well' }));
      const stays = endpoint.status !== 'active' && random.chance(0.3);
      if (stays) held.add(endpoint.id);
      else this.setStatus(endpoint.id, 'active');
    }
    // What was about to disable an endpoint may still do so.
    time.after(1_000, () => {
      for (const { id } of this.world.endpoints) if (!held.has(id)) this.setStatus(id, 'active');
    });
    for (let index = this.nodes.length - 1; index >= 0; index -= 1) if (!this.nodes[index]) this.nodes.splice(index, 1);
    return held;
  }

  private watchMemory(): void {
    for (const node of this.nodes) {
      const lane = node && overfullLane(node.engine);
      if (lane) this.oracle.violate(`${node?.process.name}: ${lane}`);
    }
    this.time.after(this.healed ? 60_000 : 500, () => this.watchMemory());
  }
}
