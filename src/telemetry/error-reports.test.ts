import { beforeEach, describe, expect, test } from 'vitest';
import { createErrorReports } from './error-reports.ts';

let nowMs: number;
let written: { where: string; error: unknown; more?: number }[];
let report: ReturnType<typeof createErrorReports>;

beforeEach(() => {
  nowMs = 5_000;
  written = [];
  const log = { warn: (fields: (typeof written)[number]) => written.push(fields) };
  report = createErrorReports(log as never, () => nowMs);
});

describe('reports of errors', () => {
  test('say the same of one place once in ten seconds, and then how often it came', () => {
    for (let second = 0; second < 25; second += 1) {
      for (let n = 0; n < 10; n += 1) report('accept', new Error('connection refused'));
      nowMs += 1_000;
    }
    expect(written.map(({ where, more }) => [where, more])).toEqual([
      ['accept', undefined],
      ['accept', 99],
      ['accept', 99],
    ]);
  });

  test('keep back no error of another place, and none with other words', () => {
    report('accept', new Error('connection refused'));
    report('feed', new Error('connection refused'));
    report('accept', new Error('disk full'));
    report('accept', 'no error');
    expect(written).toHaveLength(4);
  });

  test('remember a bounded number of different ones', () => {
    for (let n = 0; n < 2_000; n += 1) report('accept', new Error(`row ${n}`));
    expect(written).toHaveLength(2_000);
    report('accept', new Error('row 1999'));
    expect(written).toHaveLength(2_000);
    report('accept', new Error('row 1'));
    expect(written).toHaveLength(2_001);
  });
});
