import { describe, expect, test } from 'vitest';
import { firstCells, judgeInstructions } from '../../src/drills/documentation/docs.access.instructions-work.rules.ts';
import {
  filledCredential,
  judgeProviders,
} from '../../src/drills/documentation/docs.guide.each-provider-runs.rules.ts';
import { judgeWalkthrough } from '../../src/drills/documentation/docs.guide.walkthrough-runs.rules.ts';
import { judgeRunbooks } from '../../src/drills/documentation/docs.runbooks.commands-drilled.rules.ts';
import { blocksOf, commandsOf } from '../../src/drills/documentation/page-blocks.rules.ts';
import { judgeSwitch, type SwitchFacts } from '../../src/drills/launch/launch.rollback.switch-off-works.rules.ts';
import {
  type HealthFacts,
  judgeHealth,
  type Taken,
} from '../../src/drills/monitoring/health.dependencies-checked-deep.rules.ts';
import { judgeCarried } from '../../src/drills/scalability/load.declared-peak-carried.rules.ts';
import { judgeLatency } from '../../src/drills/scalability/load.latency-holds-at-peak.rules.ts';
import type { LoadResult } from '../../src/drills/scalability/load-plan.ts';
import { copiesOf, plotOf } from '../../src/drills/scalability/peak-load.rules.ts';

describe('what a gateway depends on', () => {
  const taken: Taken = {
    what: 'the database',
    check: 'database',
    redAfterMs: 2_000,
    named: ['database', 'lease'],
    greenAfterMs: 1_000,
    dead: 0,
    refusedToStart: false,
  };
  const judge = (change: Partial<Taken>, control: Partial<HealthFacts> = {}): string =>
    judgeHealth({ controlMs: 20, taken: [{ ...taken, ...change }], ...control }).state;

  test.each([
    [{}, 'passed'],
    [{ redAfterMs: null }, 'failed'],
    [{ redAfterMs: 10_001 }, 'failed'],
    [{ named: ['lease'] }, 'failed'],
    [{ greenAfterMs: null }, 'failed'],
    [{ dead: 1 }, 'failed'],
    [{ refusedToStart: true, redAfterMs: null, named: [] }, 'passed'],
    [{ refusedToStart: true, greenAfterMs: null }, 'failed'],
  ])('%j is %s', (change, state) => {
    expect(judge(change)).toBe(state);
  });

  test('is unknown where /readyz is slow with nothing missing', () => {
    expect(judge({ redAfterMs: null }, { controlMs: 3_000 })).toBe('unknown');
  });
});

describe('switching off', () => {
  const facts: SwitchFacts = {
    before: { taken: 20, called: 20 },
    quietAfterMs: 300,
    quietForMs: 3_000,
    off: { webhooks: 20, refused: 0, calls: 20, callsOtherwise: 0, held: 20 },
    after: { unanswered: 0, expected: 40, missing: 0, doubled: 0, called: true },
  };
  const off = (change: Partial<SwitchFacts['off']>): SwitchFacts => ({ ...facts, off: { ...facts.off, ...change } });
  const after = (change: Partial<SwitchFacts['after']>): SwitchFacts => ({
    ...facts,
    after: { ...facts.after, ...change },
  });
  test.each([
    ['all well', facts, 'passed'],
    ['a request goes out', { ...facts, quietAfterMs: null }, 'failed'],
    ['quiet too late', { ...facts, quietAfterMs: 30_001 }, 'failed'],
    ['a webhook is refused', off({ refused: 1 }), 'failed'],
    ['a call goes through', off({ callsOtherwise: 1 }), 'failed'],
    ['nothing is held', off({ held: 0 }), 'failed'],
    ['one is lost', after({ missing: 1 }), 'failed'],
    ['one comes twice', after({ doubled: 1 }), 'failed'],
    ['calls stay off', after({ called: false }), 'failed'],
    ['no answer to some', after({ unanswered: 1 }), 'unknown'],
    ['it never worked', { ...facts, before: { taken: 0, called: 0 } }, 'unknown'],
    ['no load meanwhile', off({ webhooks: 0 }), 'unknown'],
  ])('%s', (_what, given, state) => {
    expect(judgeSwitch(given).state).toBe(state);
  });
});

describe('load', () => {
  const slices = Array.from({ length: 10 }, () => ({ acceptP95Ms: 20, attemptP95Ms: 30 }));
  const result: LoadResult = {
    sent: 1_000,
    failed: 0,
    accepted: 900,
    expected: 900,
    missing: 0,
    drainedAfterMs: 100,
    acceptP50Ms: 10,
    acceptP95Ms: 20,
    acceptP99Ms: 40,
    attemptP50Ms: 10,
    attemptP95Ms: 30,
    attemptP99Ms: 60,
    ownP95Ms: 5,
    slices,
  };
  const { slices: _, ...figures } = result;
  const last = (attemptP95Ms: number): LoadResult['slices'] => [...slices.slice(1), { acceptP95Ms: 20, attemptP95Ms }];

  test.each([
    [{}, 'passed'],
    [{ failed: 1 }, 'passed'],
    [{ failed: 2 }, 'failed'],
    [{ missing: 1, drainedAfterMs: null }, 'failed'],
    [{ missing: 1, drainedAfterMs: null, ownP95Ms: 2_001 }, 'unknown'],
    [{ ownP95Ms: 2_001 }, 'passed'],
    [{ pending: 3 }, 'failed'],
    [{ sent: 0, expected: 0 }, 'failed'],
  ])('that was to be carried: %j is %s', (change, state) => {
    expect(judgeCarried({ ...figures, pending: 0, drainMs: 60_000, ...change }).state).toBe(state);
  });

  test.each([
    [{}, 'passed'],
    [{ acceptP99Ms: 250 }, 'passed'],
    [{ acceptP99Ms: 300 }, 'failed'],
    [{ acceptP99Ms: 300, ownP95Ms: 20 }, 'unknown'],
    [{ attemptP95Ms: 3_000, ownP95Ms: 100 }, 'failed'],
    [{ attemptP99Ms: 5_100 }, 'failed'],
    [{ slices: last(80) }, 'passed'],
    [{ slices: last(200) }, 'failed'],
    [{ failed: 11 }, 'failed'],
    [{ accepted: 0 }, 'unknown'],
  ])('that was to be fast: %j is %s', (change, state) => {
    expect(judgeLatency({ ...result, ...change }).state).toBe(state);
  });

  test('that was too slow is told beside what is allowed', () => {
    const { seen } = judgeLatency({ ...result, acceptP99Ms: 5_000, attemptP95Ms: 9_000, failed: result.sent });
    expect(seen).toMatch(/within 5000 ms \(p99\), and \d+ ms are allowed\..*within 9000 ms .* \d+ ms are allowed\./);
    expect(seen).toContain(`${result.sent} of ${result.sent} requests failed, and 1 % may.`);
  });

  test('goes to as many endpoints as there are deliveries to an event', () => {
    expect(copiesOf({ eventsPerSecond: 10 })).toBe(1);
    expect(copiesOf({ eventsPerSecond: 5, inboundPerSecond: 5, deliveriesPerSecond: 30 })).toBe(3);
    expect(copiesOf({ eventsPerSecond: 1, deliveriesPerSecond: 10_000 })).toBe(20);
  });

  test('is drawn as a line for each tenth', () => {
    expect(plotOf(slices)).toHaveLength(10);
    expect(plotOf(slices)[0]).toBe(` 1/10 ${'#'.repeat(12)}${'='.repeat(18)} 20 + 30 ms`);
  });
});

describe('pages', () => {
  const page =
    '# One\n\n## Two\n\n```sh runs\nls\n```\n\n```json\n{}\n```\n\n| permission | allows |\n|---|---|\n| `a:b` | it |\n\n| other |\n|---|\n| x |\n';

  test('are read by block and table', () => {
    expect(blocksOf(page)).toEqual([
      { language: 'sh', role: 'runs', heading: 'Two', text: 'ls\n' },
      { language: 'json', role: '', heading: 'Two', text: '{}\n' },
    ]);
    expect(commandsOf(page, 'runs')).toEqual(['ls\n']);
    expect(firstCells(page, 'permission')).toEqual(['a:b']);
  });

  test('keep what they say of a credential, but for its examples', () => {
    const shown = '{"kind": "header", "fields": {"name": "X-API-Key", "value": "example"}}';
    expect(filledCredential(shown, { value: 'real' })).toEqual({
      kind: 'header',
      fields: { name: 'X-API-Key', value: 'real' },
    });
  });

  const walk = {
    steps: [{ heading: '', ok: true }],
    tookMs: 1_000,
    inboxVerified: true,
    state: 'succeeded',
    verified: true,
  };
  test.each([
    [{}, 'passed'],
    [{ steps: [] }, 'failed'],
    [{ steps: [{ heading: '', ok: false }] }, 'failed'],
    [{ tookMs: 300_001 }, 'failed'],
    [{ state: 'pending' }, 'failed'],
    [{ verified: false }, 'failed'],
    [{ inboxVerified: false }, 'failed'],
  ])('that are a guide: %j is %s', (change, state) => {
    expect(judgeWalkthrough({ ...walk, ...change }).state).toBe(state);
  });

  test('that say something wrong fail, and those that say nothing too', () => {
    const said = { says: 'no key is answered 401', seen: '401', holds: true };
    expect(judgeInstructions([said]).state).toBe('passed');
    expect(judgeInstructions([said, { ...said, seen: '200', holds: false }])).toMatchObject({
      state: 'failed',
      seen: 'Not as the pages say: no key is answered 401 (200).',
    });
    expect(judgeInstructions([]).state).toBe('failed');
  });

  test('that are runbooks have commands, all of which work', () => {
    const block = { page: 'docs/replay.md', heading: 'Resend', ok: true };
    expect(judgeRunbooks(['docs/replay.md'], [block]).state).toBe('passed');
    expect(judgeRunbooks(['docs/replay.md'], [block, { ...block, ok: false }]).state).toBe('failed');
    expect(judgeRunbooks(['docs/replay.md', 'docs/sources.md'], [block]).state).toBe('failed');
  });

  const provider = { provider: 'goroute', broken: [], verified: 1, called: 200 };
  test.each([
    [{}, 'passed'],
    [{ broken: ['GoRoute'] }, 'failed'],
    [{ verified: 0 }, 'failed'],
    [{ called: 401 }, 'failed'],
    [{ called: null }, 'failed'],
  ])('on a provider: %j is %s', (change, state) => {
    expect(judgeProviders([{ ...provider, ...change }], 1_000).state).toBe(state);
    expect(judgeProviders([], 1_000).state).toBe('failed');
  });
});
