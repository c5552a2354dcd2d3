import { lookup } from 'node:dns/promises';
import { EgressFailure, errorCode, scarcityOf } from './exchange-result.ts';

/** Every address of a name, in order of preference. Rejects when there is none. */
export type Resolver = (hostname: string) => Promise<string[]>;

export type NameLookup = (hostname: string) => Promise<string[]>;

/** The machine's own resolver, so that its hosts file and search domains count. */
export const systemResolver: Resolver = async (hostname) => {
  const found = await lookup(hostname, { all: true, order: 'verbatim' });
  return found.map((entry) => entry.address);
};

const slowAfterMs = 1000;
const mostSlowNames = 4096;
const mostWaiting = 1024;

/**
 * Looks names up so that a slow one delays only itself. Concurrent lookups of a name are one, and a lookup that timed
 * out stays the one that later callers join, so a name never holds two threads. libuv gives lookups half of its
 * threads; a name that was slow last time waits in a lane of its own, which holds one of them.
 */
export function createNameLookup(options: { resolver: Resolver; timeoutMs: number; nowMs: () => number }): NameLookup {
  const { resolver, timeoutMs, nowMs } = options;
  const running = new Map<string, Promise<string[]>>();
  const slowNames = new Set<string>();
  const usual = createLane(3);
  const slow = createLane(1);

  async function resolve(hostname: string): Promise<string[]> {
    const lane = slowNames.has(hostname) ? slow : usual;
    await lane.enter();
    const startedAt = nowMs();
    const notSoFast = setTimeout(() => remember(slowNames, hostname), slowAfterMs);
    try {
      return await resolver(hostname);
    } finally {
      clearTimeout(notSoFast);
      if (nowMs() - startedAt < slowAfterMs) slowNames.delete(hostname);
      running.delete(hostname);
      lane.leave();
    }
  }

  return async (hostname) => {
    let lookingUp = running.get(hostname);
    if (lookingUp === undefined) {
      if (running.size >= mostWaiting) throw new EgressFailure('dns', 'too many names are being looked up');
      lookingUp = resolve(hostname);
      running.set(hostname, lookingUp);
    }
    const addresses = await within(lookingUp, hostname, timeoutMs);
    if (addresses.length === 0) throw new EgressFailure('dns', `${hostname} has no address`);
    return addresses;
  };
}

function within(lookingUp: Promise<string[]>, hostname: string, timeoutMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new EgressFailure('dns', `looking up ${hostname} took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    lookingUp.then(
      (addresses) => {
        clearTimeout(timer);
        resolve(addresses);
      },
      (error: unknown) => {
        clearTimeout(timer);
        const why = errorCode(error) || 'resolver error';
        reject(scarcityOf(error) ?? new EgressFailure('dns', `looking up ${hostname} failed (${why})`));
      },
    );
  });
}

function remember(names: Set<string>, name: string): void {
  names.delete(name);
  names.add(name);
  if (names.size <= mostSlowNames) return;
  for (const oldest of names) {
    names.delete(oldest);
    return;
  }
}

function createLane(width: number): { enter(): Promise<void>; leave(): void } {
  const waiting: (() => void)[] = [];
  let free = width;
  return {
    enter() {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
