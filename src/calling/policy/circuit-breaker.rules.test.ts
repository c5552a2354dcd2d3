import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callErrors } from '../../calls/call-ledger.ts';
import { circuitResultOf, closedCircuit, enterCircuit, leaveCircuit } from './circuit-breaker.rules.ts';
import type { Circuit, CircuitPass, CircuitResult } from './circuit-breaker.rules.ts';

const policy = { failureRatio: 0.5, minimumCalls: 4, windowMs: 10_000, openMs: 5_000 };

function enter(circuit: Circuit, nowMs: number): { circuit: Circuit; pass: CircuitPass } {
  const entered = enterCircuit(circuit, policy, nowMs);
  if (!entered.allowed) throw new Error(`not allowed for ${entered.waitMs} ms`);
  return entered;
}

function call(circuit: Circuit, result: CircuitResult, nowMs: number): Circuit {
  const entered = enter(circuit, nowMs);
  return leaveCircuit(entered.circuit, entered.pass, result, policy, nowMs);
}

function calls(results: string, startMs: number, circuit: Circuit = closedCircuit): Circuit {
  const words = { s: 'succeeded', f: 'failed', a: 'abandoned' } as const;
  return results
    .split('')
    .reduce((now, each, index) => call(now, words[each as 's' | 'f' | 'a'], startMs + index), circuit);
}

describe('a closed breaker', () => {
  test.each([
    ['fff', 'closed'],
    ['ffff', 'open'],
    ['ssff', 'open'],
    ['sssff', 'closed'],
    ['fffaaa', 'closed'],
    ['ffss', 'closed'],
  ])('after %s is %s', (results, state) => {
    expect(calls(results, 0).state).toBe(state);
  });

  test('forgets calls that the window has left behind', () => {
    expect(call(calls('fff', 0), 'failed', 9_900).state).toBe('open');
    expect(call(calls('fff', 0), 'failed', 11_000).state).toBe('closed');
  });

  test('remembers across the edge of any fixed window', () => {
    expect(calls('ff', 10_001, calls('ff', 9_000)).state).toBe('open');
  });
});

describe('an open breaker', () => {
  const open = calls('ffff', 0);

  test('lets nothing pass until its time has come, and says when', () => {
    expect(enterCircuit(open, policy, 1_003)).toEqual({ allowed: false, circuit: open, waitMs: 4_000 });
  });

  test('lets one probe pass after that, and nobody else meanwhile', () => {
    const probing = enter(open, 5_003);
    expect(probing.pass.isProbe).toBe(true);
    expect(enterCircuit(probing.circuit, policy, 5_004)).toMatchObject({ allowed: false, waitMs: 1_000 });
  });

  test('is closed by the probe that succeeds and opened again by one that fails', () => {
    expect(call(open, 'succeeded', 5_003)).toMatchObject({ state: 'closed', slots: [] });
    expect(call(open, 'failed', 5_003)).toMatchObject({ state: 'open', untilMs: 10_003 });
  });

  test('lets the next call probe when the probe was abandoned', () => {
    expect(enter(call(open, 'abandoned', 5_003), 5_004).pass.isProbe).toBe(true);
  });

  test('does not stay open for longer because the clock was set back', () => {
    expect(enter(open, -3_600_000).pass.isProbe).toBe(true);
  });
});

test('a call that began before the breaker opened neither closes it nor keeps it open', () => {
  const early = enter(closedCircuit, 0);
  const open = calls('ffff', 1);
  expect(leaveCircuit(open, early.pass, 'succeeded', policy, 10)).toBe(open);
  const probing = enter(open, 6_000).circuit;
  expect(leaveCircuit(probing, early.pass, 'failed', policy, 6_001)).toBe(probing);
  const closed = call(open, 'succeeded', 6_000);
  expect(leaveCircuit(closed, early.pass, 'failed', policy, 6_001)).toBe(closed);
});

test('errors of the network and 5xx are failures; 4xx, 429 and what Posthorn decided are not', () => {
  const results = [200, 302, 404, 429, 499, 500, 503, 599].map((status) => circuitResultOf(status, null));
  expect(results).toEqual([
    ...Array.from({ length: 5 }, () => 'succeeded'),
    ...Array.from({ length: 3 }, () => 'failed'),
  ]);
  expect(callErrors.filter((error) => circuitResultOf(null, error) === 'failed')).toEqual([
    'dns',
    'connect',
    'tls',
    'timeout',
    'reset',
    'http',
  ]);
  expect(circuitResultOf(200, 'reset')).toBe('failed');
  expect(circuitResultOf(429, 'provider_refused')).toBe('succeeded');
});

test('it agrees with a list of all calls, and never has two probes at once', () => {
  const step = fc.record({
    passMs: fc.integer({ min: 0, max: 4_000 }),
    does: fc.constantFrom<'enter' | CircuitResult>('enter', 'enter', 'succeeded', 'failed', 'failed', 'abandoned'),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let nowMs = 0;
      let circuit: Circuit = closedCircuit;
      const underWay: CircuitPass[] = [];
      // The model: when each call of the current phase ended and how, and since when it is open.
      let ended: { atMs: number; failed: boolean }[] = [];
      let openedMs: number | null = null;
      for (const { passMs, does, which } of steps) {
        nowMs += passMs;
        if (does === 'enter') {
          const probes = underWay.filter((pass) => pass.isProbe && pass.phase === circuit.phase).length;
          const expected = openedMs === null || (nowMs - openedMs >= policy.openMs && probes === 0);
          const entered = enterCircuit(circuit, policy, nowMs);
          expect(entered.allowed).toBe(expected);
          circuit = entered.circuit;
          if (entered.allowed) underWay.push(entered.pass);
          continue;
        }
        const [pass] = underWay.splice(which % Math.max(1, underWay.length), 1);
        if (pass === undefined) continue;
        const counts = pass.phase === circuit.phase && does !== 'abandoned';
        circuit = leaveCircuit(circuit, pass, does, policy, nowMs);
        if (!counts) continue;
        if (pass.isProbe) {
          openedMs = does === 'failed' ? nowMs : null;
          ended = [];
        } else {
          ended.push({ atMs: nowMs, failed: does === 'failed' });
          const slot = Math.floor(nowMs / 1_000);
          const inside = ended.filter(({ atMs }) => Math.floor(atMs / 1_000) > slot - 10);
          const failures = inside.filter(({ failed }) => failed).length;
          if (does === 'failed' && inside.length >= 4 && failures * 2 >= inside.length) [openedMs, ended] = [nowMs, []];
        }
        expect(circuit.state === 'closed').toBe(openedMs === null);
      }
    }),
  );
});
