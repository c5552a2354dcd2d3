import type { DeliveryStore } from '../../src/delivery/delivery-ports.ts';
import type { AcceptStore } from '../../src/events/accept.store.ts';
import type { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** How badly the way to the database behaves. */
export type LinkFaults = {
  latencyMs: number;
  /** Chance that a call is lost before it happened. */
  lostBefore: number;
  /** Chance that a call happens and its answer is lost. */
  lostAfter: number;
  /** Chance that a call fails and happens afterwards: its connection broke, its server process went on. */
  late: number;
  /** Chance that the process crashes around a call: as often before its commit as after it. */
  crash: number;
};

/** The database of all nodes is away until then. */
export type Outage = { untilMs: number };

/** One process's way to the database: calls take time, get lost, are answered or not. */
export class DatabaseLink {
  private readonly options: {
    time: VirtualTime;
    process: Process;
    random: Random;
    faults: LinkFaults;
    outage: Outage;
    crash: (process: Process) => void;
    trace: Trace;
  };

  constructor(options: DatabaseLink['options']) {
    this.options = options;
  }

  private get down(): boolean {
    const { time, outage, process } = this.options;
    return outage.untilMs > time.nowMs || process.cutUntilMs > time.nowMs;
  }

  /** `happen` is the transaction. Rejects as the driver would: without saying whether it happened. */
  call<T>(name: string, happen: () => Promise<T>): Promise<T> {
    const { time, process, random, faults, trace } = this.options;
    const there = random.between(0.2, faults.latencyMs);
    const back = random.between(0.2, faults.latencyMs);
    const hangMs = random.chance(0.2) ? random.between(1_000, 20_000) : random.between(1, 50);
    const fate = random.next();
    const crashes = random.chance(faults.crash);
    return new Promise<T>((resolve, reject) => {
      const fail = (delayMs: number, what: string): void => {
        trace.add(`${process.name} ${name} fails: ${what}`);
        time.after(
          delayMs,
          process.own(() => reject(connectionLost())),
        );
      };
      const answer = (result: Promise<T>): void => {
        if (this.down) fail(hangMs, 'no answer');
        else process.own(() => void result.then(resolve, reject))();
      };
      time.after(there, () => {
        if (this.down) return fail(hangMs, 'away');
        if (fate < faults.lostBefore) return fail(hangMs, 'lost before');
        if (fate < faults.lostBefore + faults.late && !name.startsWith('release')) {
          fail(1, 'happens late');
          time.after(random.between(1, 2_500), () => void happen().catch(() => undefined));
          return undefined;
        }
        if (crashes && fate < 0.5) return this.options.crash(process);
        const result = happen();
        result.catch(() => undefined);
        if (crashes) {
          this.options.crash(process);
          return undefined;
        }
        if (fate > 1 - faults.lostAfter) return fail(hangMs, 'answer lost');
        time.after(back, () => answer(result));
        return undefined;
      });
    });
  }

  deliveryStore(store: DeliveryStore): DeliveryStore {
    const { random } = this.options;
    return {
      join: (input) => this.call('join', () => store.join(input)),
      beat: (input) => this.call('beat', () => store.beat(input)),
      takeOver: (epoch, force) => this.call('takeOver', () => store.takeOver(epoch, force)),
      epochs: () => this.call('epochs', () => store.epochs()),
      settle: (epoch, batch) => {
        const half = random.chance(this.options.faults.lostBefore);
        return this.call('settle', async () => {
          if (!half) return store.settle(epoch, batch);
          // Two statements, two commits: fresh successes first. The second one is lost.
          const isFresh = ({ item, outcome }: (typeof batch)[0]): boolean => item.fresh && outcome === 'succeeded';
          await store.settle(epoch, batch.filter(isFresh));
          throw connectionLost();
        });
      },
      release: (epoch, deliveries, when) => this.call('release', () => store.release(epoch, deliveries, when)),
      releaseUnheld: (epoch, held) => this.call('releaseUnheld', () => store.releaseUnheld(epoch, held)),
      waitingEndpoints: () => this.call('waitingEndpoints', () => store.waitingEndpoints()),
      claim: (epoch, wants, budgetBytes) => this.call('claim', () => store.claim(epoch, wants, budgetBytes)),
    };
  }

  acceptStore(store: AcceptStore): AcceptStore {
    return { accept: (batch) => this.call('accept', () => store.accept(batch)) };
  }
}

function connectionLost(): Error {
  return new Error('Connection terminated unexpectedly');
}
