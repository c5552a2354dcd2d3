import type pg from 'pg';
import type { Clock } from '../clock.ts';
import { createTallyWriter } from '../database/tally-writer.ts';
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
  const writer = createTallyWriter<UseTally>({
    timers: options.timers,
    keyOf: ({ credentialId, hourMs }) => `${credentialId} ${hourMs}`,
    merge(known, { uses, lastMs }) {
      known.uses += uses;
      known.lastMs = Math.max(known.lastMs, lastMs);
    },
    mostKept,
    write: (tallies) => addUses(options.database, tallies),
    onError: options.onError,
  });

  return {
    used(credential) {
      const nowMs = clock.now();
      writer.add({ ...credential, hourMs: Math.floor(nowMs / hourInMs) * hourInMs, uses: 1, lastMs: nowMs });
    },
    start: () => writer.start(),
    stop: () => writer.stop(),
  };
}
