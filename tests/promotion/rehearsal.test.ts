import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderRehearsal } from '../../src/cli/review/rehearse.rules.ts';
import { createPaint } from '../../src/cli/terminal/paint.rules.ts';
import type { ReviewedCall } from '../../src/readiness/collectors/providers/docusign-tries.rules.ts';
import { rehearse } from '../../src/readiness/rehearsal.rules.ts';

const minuteMs = 60_000;
const startMs = Date.parse('2026-11-21T12:00:00Z');

/** A read of an envelope's resource, so many minutes after the start. */
function read(minutes: number, resource: string, status = 200): ReviewedCall {
  return {
    id: `call_${minutes}`,
    atMs: startMs + minutes * minuteMs,
    method: 'GET',
    path: `${resource}?query=1`,
    resource,
    subject: 'envelope',
    outcome: status < 400 ? 1 : 2,
    status,
    error: status < 400 ? null : 'provider_refused',
    errorCode: status < 400 ? null : 'INVALID_REQUEST_PARAMETER',
    credentialKind: 'docusign-jwt',
    tries: null,
  };
}
const of = (calls: readonly ReviewedCall[]) =>
  rehearse({ concerned: true, connections: 1, newest: calls.toReversed(), reads: calls });
const clean = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => read(from + index, `/envelopes/${from + index}`));

describe('a rehearsal', () => {
  test('needs no more than 20 clean calls', () => {
    expect(of(clean(20))).toMatchObject({ clean: 20, faults: 0, violations: [], cleanCallsNeeded: 0 });
    expect(of(clean(7))).toMatchObject({ clean: 7, cleanCallsNeeded: 13 });
    expect(of([])).toMatchObject({ calls: [], cleanCallsNeeded: 20 });
  });

  test('counts from the newest fault, whatever lies behind it', () => {
    const found = of([...clean(12), read(12, '/envelopes/x', 400), ...clean(7, 13)]);
    expect(found).toMatchObject({ clean: 19, faults: 1, cleanCallsNeeded: 13 });
    expect(found.calls[7]).toMatchObject({
      verdict: 'fault',
      status: 400,
      errorCode: 'INVALID_REQUEST_PARAMETER',
      path: '/envelopes/x',
    });
  });

  test('and from the newest read that polls, with the pair and its times', () => {
    const calls = [...clean(10), read(10, '/envelopes/p'), read(12, '/envelopes/p'), ...clean(8, 13)];
    expect(of(calls)).toMatchObject({
      faults: 0,
      cleanCallsNeeded: 12,
      violations: [
        {
          resource: '/envelopes/p',
          firstAt: '2026-11-21T12:10:00.000Z',
          secondAt: '2026-11-21T12:12:00.000Z',
          secondsBetween: 120,
        },
      ],
    });
    expect(of([read(0, '/envelopes/p'), read(15, '/envelopes/p')])).toMatchObject({ violations: [] });
  });

  test('never needs more than 20, and is passed only when 20 are clean', () => {
    const call = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(200, 200, 200, 400, 500));
    fc.assert(
      fc.property(fc.array(call, { maxLength: 40 }), (given) => {
        const found = of(given.map(([of5, status], index) => read(index * 4, `/envelopes/${of5}`, status)));
        expect(found.cleanCallsNeeded).toBeGreaterThanOrEqual(0);
        expect(found.cleanCallsNeeded).toBeLessThanOrEqual(20);
        expect(found.cleanCallsNeeded === 0).toBe(
          found.calls.length === 20 && found.calls.every(({ verdict }) => verdict === 'clean'),
        );
      }),
    );
  });

  test('is drawn as a line, oldest first, with what is missing', () => {
    const calls = [...clean(10), read(10, '/envelopes/p'), read(12, '/envelopes/p'), read(13, '/envelopes/x', 400)];
    const lines = renderRehearsal(of(calls), { paint: createPaint(false), width: 160 });
    expect(lines[0]).toBe('·······●●●●●●●●●●●↻✗  11 of 20 calls are clean');
    expect(lines.join('\n')).toContain('2026-11-21T12:12:00.000Z  120 s');
    expect(lines.at(-1)).toBe('20 more clean calls are needed.');
  });
});
