import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createDelayedWriter } from '../database/delayed-writer.ts';
import type { Timers } from '../delivery/delivery-ports.ts';
import { addUses, type UseTally } from './credential-use.store.ts';

/** A connection and the credential of it that a call was made with. */
type UsedCredential = { teamId: string; connectionId: string; credentialId: string };

/**
 * What credentials are used for calls, for people to see that a rotation is over. Each use only counts in memory; a
 * second later all that came is written in one statement, and nothing is while nothing comes. An outage of the database
 * is sat out: counts stay, and a write whose outcome is unknown is made again, so that they may be too high, never too
 * low. What a process did not write before it was killed is not counted.
 */
export type CredentialUse = {
  used(credential: UsedCredential): void;
  start(): void;
  /** Writes what is left, once. */
  stop(): Promise<void>;
};

const hourInMs = 3_600_000;
/** Credentials and hours that are kept in memory at most; what comes beyond them is not counted. */
const mostKept = 20_000;

export function createCredentialUse(options: {
  database: pg.Pool;
  clock: Clock;
  timers: Timers;
  onError: (error: unknown) => void;
}): CredentialUse {
  const { clock } = options;
  let tallies = new Map<string, UseTally>();

  const add = (tally: UseTally): void => {
    const key = `${tally.credentialId} ${tally.hourMs}`;
    const known = tallies.get(key);
    if (known !== undefined) {
      known.uses += tally.uses;
      known.lastMs = Math.max(known.lastMs, tally.lastMs);
    } else if (tallies.size < mostKept) {
      tallies.set(key, tally);
      writer.came();
    }
  };

  const writer = createDelayedWriter({
    timers: options.timers,
    isEmpty: () => tallies.size === 0,
    take() {
      const taken = [...tallies.values()];
      tallies = new Map();
      return taken;
    },
    write: (taken) => addUses(options.database, taken),
    putBack: (taken) => taken.forEach(add),
    onError: options.onError,
  });

  return {
    used(credential) {
      const nowMs = clock.now();
      add({ ...credential, hourMs: Math.floor(nowMs / hourInMs) * hourInMs, uses: 1, lastMs: nowMs });
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
