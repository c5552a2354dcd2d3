import { openSpool } from '../../src/spool/open-spool.ts';
import { SpoolError } from '../../src/spool/spool.ts';
import { numbersOf, recordOf } from './records.ts';

export type WriterOptions = { folder: string; from: number; to: number; callers: number; segmentBytes: number };

/**
 * A process that appends numbered records, says what came of each, and removes the oldest now and then when it is told
 * to. Its argument is JSON of WriterOptions and `drains`.
 */
const options = JSON.parse(process.argv[2] ?? '') as WriterOptions & { drains: boolean };
const { folder, to, callers, segmentBytes, drains } = options;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const spool = await openSpool({
  folder,
  maxBytes: 64 * 1024 * 1024,
  segmentBytes,
  clock: { now: () => Date.now() },
  onError: (error) => say(`error ${error.message}`),
});
let next = options.from;

const append = async (): Promise<void> => {
  while (next < to) {
    const n = next;
    next += 1;
    try {
      await spool.append(recordOf(n, (n * 7919) % 3000));
      say(`appended ${n}`);
    } catch (error) {
      say(`refused ${n} ${error instanceof SpoolError ? error.kind : String(error)}`);
    }
    if (drains && n % 40 === 0) await drain();
  }
};

const drain = async (): Promise<void> => {
  const numbers = numbersOf(await spool.peek(10, 1_000_000));
  say(`removing ${numbers.at(-1)}`);
  await spool.remove(numbers.length);
  say(`removed ${numbers.at(-1)}`);
};

say('ready');
await Promise.all(Array.from({ length: callers }, append));
say(`state ${JSON.stringify(spool.state())}`);
await spool.close();
