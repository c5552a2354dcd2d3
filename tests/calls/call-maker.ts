import { createCallLedger } from '../../src/calls/create-call-ledger.ts';
import { createPool } from '../../src/database/pool.ts';
import { endOf, startOf } from './call-samples.ts';

export type MakerOptions = { databaseUrl: string; teamId: string; epoch: number; callers: number };

/**
 * A process that begins and ends calls until it is killed, and says `begun` and the id once a begin resolved. Its argument
 * is JSON of MakerOptions.
 */
const options = JSON.parse(process.argv[2] ?? '') as MakerOptions;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const pool = createPool({ connectionString: options.databaseUrl, max: 3 }, () => undefined);
const ledger = createCallLedger({
  database: pool,
  epoch: () => options.epoch,
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
  },
  onError: (error) => say(`error ${String(error)}`),
});

let made = 0;
const make = async (): Promise<void> => {
  for (;;) {
    const start = startOf({ teamId: options.teamId });
    await ledger.begin(start);
    say(`begun ${start.id}`);
    made += 1;
    // Some never end: their callers wait when the process is killed.
    if (made % 5 !== 0) ledger.end(endOf(start, made % 3 === 0 ? { error: 'http', status: 500 } : {}));
  }
};
say('ready');
await Promise.all(Array.from({ length: options.callers }, make));
