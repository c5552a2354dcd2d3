import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { providerLines } from '../../src/deployments/provider-lines.rules.ts';
import {
  judgeRanBefore,
  type RunBefore,
} from '../../src/readiness/collectors/providers/documenso.verify.ran-before-deployment.rules.ts';

const startedAtMs = Date.UTC(2026, 10, 21, 12);
const dayMs = 86_400_000;
const minuteMs = 60_000;
const deployment = { release: '1.2.0', startedAtMs };
const run: RunBefore = {
  recordedAtMs: startedAtMs - 5 * minuteMs,
  tookMs: 2_000,
  exitCode: 0,
  lines: providerLines.map((name) => ({ name, state: 'OK' })),
  isMeasured: true,
};
const judge = (change: Partial<RunBefore> = {}, nowMs = startedAtMs + minuteMs) =>
  judgeRanBefore({ concerned: true, deployment, run: { ...run, ...change } }, nowMs);

describe('documenso.verify.ran-before-deployment', () => {
  test('passes on a good run at most an hour before', () => {
    expect(judge()).toMatchObject({ state: 'passed', seen: expect.stringContaining('5 minutes after') });
    expect(judge({ recordedAtMs: startedAtMs }).state).toBe('passed');
    expect(judge({ recordedAtMs: startedAtMs - 60 * minuteMs }).state).toBe('passed');
    expect(judge({ tookMs: 9_999 }).state).toBe('passed');
  });

  test.each<[string, Partial<RunBefore>, string]>([
    ['is too old', { recordedAtMs: startedAtMs - 60 * minuteMs - 1 }, '60 minutes before'],
    ['ended with 1', { exitCode: 1 }, 'ended with 1'],
    ['took ten seconds', { tookMs: 10_000 }, 'taken 10000 ms'],
    ['lacks a line', { lines: run.lines.slice(1) }, 'key configured'],
    [
      'has a line that failed',
      { lines: [...run.lines.slice(0, 3), { name: 'provider is well', state: 'FAIL' }] },
      'provider is well',
    ],
    ['is not what the gateway measured', { isMeasured: false }, 'no evidence of its own'],
  ])('fails when the run before %s', (_, change, says) => {
    expect(judge(change)).toMatchObject({
      state: 'failed',
      seen: expect.stringContaining(says),
      command: 'posthorn verify --record --release 1.2.0',
    });
  });

  test('fails when nobody had run it', () => {
    const found = judgeRanBefore({ concerned: true, deployment, run: null }, startedAtMs);
    expect(found).toMatchObject({ state: 'failed', seen: expect.stringContaining('no run') });
  });

  test('is unknown without a deployment, and after so long that runs are not kept', () => {
    expect(judgeRanBefore({ concerned: true, deployment: null, run: null }, startedAtMs)).toMatchObject({
      state: 'unknown',
      command: expect.stringContaining('posthorn deployment start'),
    });
    expect(judge({}, startedAtMs + 401 * dayMs).state).toBe('unknown');
    expect(judgeRanBefore({ concerned: false, why: 'No.' }, 0).state).toBe('not-applicable');
  });

  test('passes for no run that lacks any of what it takes', () => {
    const some = fc.record({
      recordedAtMs: fc.integer({ min: startedAtMs - 3 * 3_600_000, max: startedAtMs }),
      tookMs: fc.integer({ min: 0, max: 30_000 }),
      exitCode: fc.integer({ min: 0, max: 2 }),
      isMeasured: fc.boolean(),
      lines: fc.array(
        fc.record({
          name: fc.constantFrom(...providerLines),
          state: fc.constantFrom('OK' as const, 'FAIL' as const, 'SKIP' as const),
        }),
      ),
    });
    fc.assert(
      fc.property(some, (given) => {
        const isGood =
          given.exitCode === 0 &&
          given.isMeasured &&
          given.tookMs < 10_000 &&
          startedAtMs - given.recordedAtMs <= 3_600_000 &&
          new Set(given.lines.filter(({ state }) => state === 'OK').map(({ name }) => name)).size === 4;
        expect(judge(given).state).toBe(isGood ? 'passed' : 'failed');
      }),
    );
  });
});
