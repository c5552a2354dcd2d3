import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { numbersOf } from './records.ts';
import { openForTest, temporaryFolder } from './spool-fixtures.ts';
import type { WriterOptions } from './spool-writer.ts';

const rounds = 15;
const perRound = 100_000;

/** What a killed process had said. `removing` may have come to pass, `removed` has. */
type Said = { appended: Set<number>; removing: number; removed: number };

test(`kill -9 in the middle of appending and removing, ${rounds} times: what was acknowledged is there once, in order`, async () => {
  const folder = await temporaryFolder();
  const said: Said = { appended: new Set(), removing: -1, removed: -1 };
  let killedAfter = 20;
  for (let round = 0; round < rounds; round += 1) {
    killedAfter = (killedAfter * 7919) % 397;
    const from = round * perRound;
    await writeUntilKilled({ folder, from, to: from + perRound, callers: 24, segmentBytes: 40_000 }, killedAfter, said);

    const spool = await openForTest(folder);
    const records = await spool.peek(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const numbers = numbersOf(records);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const there = new Set(numbers);
    expect(there.size).toBe(numbers.length);
    const missing = [...said.appended].filter((n) => n > said.removing && !there.has(n));
    expect(missing).toEqual([]);
    expect(numbers.filter((n) => n <= said.removed)).toEqual([]);
    expect(spool.reports).toEqual([]);
    expect(spool.state().records).toBe(numbers.length);
    await spool.close();
  }
  expect(said.appended.size).toBeGreaterThan(rounds * 50);
  expect(said.removed).toBeGreaterThan(0);
});

/** Kills a writer when it has said so often that a record is appended, and takes down what it said until its end. */
async function writeUntilKilled(options: WriterOptions, killedAfter: number, said: Said): Promise<void> {
  const script = join(import.meta.dirname, 'spool-writer.ts');
  const child = spawn(process.execPath, [script, JSON.stringify({ ...options, drains: true })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, number] = line.split(' ');
    if (word === 'appended') {
      said.appended.add(Number(number));
      seen += 1;
      if (seen === killedAfter) child.kill('SIGKILL');
    } else if (word === 'removing' || word === 'removed') said[word] = Number(number);
    else expect(line).toBe('ready');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
}
