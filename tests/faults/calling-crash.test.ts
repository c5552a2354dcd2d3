import { describe, expect, test } from 'vitest';
import { crashWhileCalling } from './calling-crash.ts';
import { auditCalls } from './calling-oracle.ts';
import type { ShownCall } from './calling-parts.ts';

const rounds = 10;

describe('the call ledger', () => {
  test(
    `is complete after kill -9 at ${rounds} random moments under load: what the provider saw is on record, and nothing else`,
    async () => {
      const report = await crashWhileCalling({ rounds, seed: Math.floor(Math.random() * 2 ** 31) });
      expect(report.failures, `seed ${report.seed}`).toEqual([]);
      expect(report.rounds).toBe(rounds);
      expect(report.reachedProvider).toBeGreaterThan(rounds * 20);
      expect(report.unanswered).toBeGreaterThanOrEqual(rounds);
      for (const [outcome, count] of Object.entries(report.outcomes)) expect(count, outcome).toBeGreaterThan(0);
    },
    rounds * 30_000,
  );
});

function shown(path: string, change: Partial<ShownCall> = {}): ShownCall {
  const call = { id: path, connectionId: 'con', path, outcome: 'succeeded', status: 200, answered: 200 } as const;
  return { ...call, error: null, tryCount: 1, responseBytes: 0, ...change };
}

/** A run in which all is as it should be, with something of every kind. */
function soundRun() {
  return {
    made: [
      { path: '/ended', answered: 200 },
      { path: '/retried', answered: 500 },
      { path: '/unanswered', answered: null },
      { path: '/killed', answered: null },
      { path: '/refused', answered: 503 },
    ],
    seen: new Map([
      ['/ended', 1],
      ['/retried', 3],
      ['/unanswered', 1],
      ['/killed', 1],
    ]),
    calls: [
      shown('/ended'),
      shown('/retried', { outcome: 'failed', status: 500, answered: 500, tryCount: 3 }),
      shown('/unanswered'),
      shown('/killed', { outcome: 'unknown', status: null, answered: null, tryCount: null }),
    ],
  };
}

describe('the oracle', () => {
  test('has nothing to say of a run in which all is as it should be', () => {
    const { made, seen, calls } = soundRun();
    expect(auditCalls(made, seen, calls)).toEqual([]);
  });

  test.each([
    ['a call that is missing', (run) => void run.calls.shift(), /\/ended reached the provider and is not on record/],
    ['a call that is there twice', (run) => void run.calls.push(shown('/ended')), /\/ended is on record twice/],
    [
      'a call that nobody made',
      (run) => void run.calls.push(shown('/other')),
      /\/other is on record and was never made/,
    ],
    [
      'a request that nobody made',
      (run) => void run.seen.set('/other', 1),
      /\/other reached the provider and was never made/,
    ],
    ['a try that is missing', (run) => void run.seen.set('/ended', 2), /1 tries on record, and the provider saw 2/],
    ['a try that was not made', (run) => void run.seen.delete('/ended'), /1 tries on record, and the provider saw 0/],
    [
      'another answer',
      (run) => void (run.calls[0] = shown('/ended', { answered: 404 })),
      /answered 200, and 404 is on record/,
    ],
    [
      'a call that runs for ever',
      (run) => void (run.calls[0] = shown('/ended', { outcome: 'running' })),
      /is on record as running/,
    ],
    [
      'an answer without a call',
      (run) => void run.made.push({ path: '/lost', answered: 200 }),
      /answered 200 and is not on record/,
    ],
  ] satisfies [string, (run: ReturnType<typeof soundRun>) => void, RegExp][])('sees %s', (_what, spoil, said) => {
    const run = soundRun();
    spoil(run);
    expect(auditCalls(run.made, run.seen, run.calls).join('\n')).toMatch(said);
  });
});
