import { type Carried, ConnectionSlot } from './connection-slot.ts';
import type { Target, Wiring } from './open-connection.ts';
import { openConnection } from './open-connection.ts';

/** A connection older than this is not used again, so that a changed name or policy takes effect under steady load. */
const oldestConnectionMs = 300_000;

/** The connections to one origin, at most so many; exchanges beyond them wait for their turn. */
export class ConnectionSlots<Kind extends Carried> {
  readonly #options: { wiring: Wiring; origin: string; target: Target; maxConnections: number };
  readonly #free: ConnectionSlot[] = [];
  readonly #waiting: Kind[] = [];
  #count = 0;

  constructor(options: { wiring: Wiring; origin: string; target: Target; maxConnections: number }) {
    this.#options = options;
  }

  /** Begins the exchange at once or when another has ended. Every exchange has to be handed to `ended`. */
  carry(exchange: Kind): void {
    if (this.#free.length > 0 || this.#count < this.#options.maxConnections) this.#start(exchange);
    else this.#waiting.push(exchange);
  }

  /** @param clean whether its connection may carry another. */
  ended(exchange: Kind, clean: boolean): void {
    const slot = exchange.carrier;
    if (slot === null) return;
    slot.exchange = null;
    if (clean) this.#free.push(slot);
    else {
      this.#count -= 1;
      slot.discard();
    }
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (next.over) continue;
      this.#start(next);
      return;
    }
  }

  closeIdle(): void {
    this.#count -= this.#free.length;
    for (const slot of this.#free.splice(0)) slot.discard();
  }

  /** The connection used last is taken first, so that the others can idle out. */
  #start(exchange: Kind): void {
    let slot = this.#free.pop();
    if (slot !== undefined && slot.ageMs() > oldestConnectionMs) {
      this.#count -= 1;
      slot.discard();
      slot = undefined;
    }
    slot ??= this.#open();
    slot.carry(exchange);
  }

  #open(): ConnectionSlot {
    const { wiring, origin, target } = this.#options;
    this.#count += 1;
    return new ConnectionSlot(
      origin,
      (timing, abort) => openConnection(wiring, target, timing, abort),
      wiring.nowMs,
      (idle) => this.#drop(idle),
    );
  }

  #drop(idle: ConnectionSlot): void {
    const at = this.#free.indexOf(idle);
    if (at === -1) return;
    this.#free.splice(at, 1);
    this.#count -= 1;
    idle.discard();
  }
}
