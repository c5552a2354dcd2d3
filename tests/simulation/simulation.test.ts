import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

const seeds = 200;

test(`${seeds} seeds of crashes, outages, lost answers and bad receivers lose nothing`, {
  timeout: 120_000,
}, async () => {
  const failed: string[] = [];
  let received = 0;
  let crashes = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const report = await simulate(seed);
    received += report.counts.received;
    crashes += report.counts.crashes;
    for (const violation of report.violations) failed.push(`npm run test:simulation -- --seed ${seed}: ${violation}`);
  }
  expect(failed).toEqual([]);
  // It is no proof when nothing happens.
  expect(received).toBeGreaterThan(10_000);
  expect(crashes).toBeGreaterThan(50);
});

test('the same seed is the same run, another seed another one', async () => {
  const one = await simulate(7, { trace: true });
  const again = await simulate(7, { trace: true });
  expect(again.trace).toEqual(one.trace);
  expect(again.digest).toBe(one.digest);
  expect((await simulate(8)).digest).not.toBe(one.digest);
  // Keeping the trace changes nothing.
  expect((await simulate(7)).digest).toBe(one.digest);
});
