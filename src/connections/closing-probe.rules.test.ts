import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closingMs, decideProbe, describeProbe, type ProbeAnswer, readProbeStatus } from './closing-probe.rules.ts';

const replacedAtMs = Date.UTC(2026, 10, 1);
const hourMs = 3_600_000;
const fresh = { replacedAtMs, failures: 0, wasAccepted: false };
const refused: ProbeAnswer = { kind: 'refused', status: 401 };
const accepted: ProbeAnswer = { kind: 'accepted', status: 200 };
const silent: ProbeAnswer = { kind: 'unclear', status: null };

describe('what becomes of a last read', () => {
  test('a refused credential is done with, whenever that is', () => {
    for (const nowMs of [replacedAtMs, replacedAtMs + 30 * closingMs]) {
      expect(decideProbe(fresh, refused, nowMs)).toEqual({ state: 'refused' });
    }
  });

  test('one that is taken is tried again a day later, and at last when seven days are over', () => {
    const dueAfter = (nowMs: number) => decideProbe(fresh, accepted, nowMs);
    expect(dueAfter(replacedAtMs)).toMatchObject({ state: 'outstanding', dueAtMs: replacedAtMs + 24 * hourMs });
    const lastMs = replacedAtMs + closingMs;
    expect(dueAfter(lastMs - hourMs)).toMatchObject({ state: 'outstanding', dueAtMs: lastMs });
    expect(dueAfter(lastMs)).toEqual({ state: 'accepted' });
  });

  test('what is not answered is tried again after a minute, two, four, and at most six hours', () => {
    const pauses = [0, 1, 2, 3, 8, 9, 40].map((failures) => {
      const decision = decideProbe({ ...fresh, failures }, silent, replacedAtMs);
      return decision.state === 'outstanding' ? (decision.dueAtMs - replacedAtMs) / 60_000 : null;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 256, 360, 360]);
  });

  test('nothing learnt in seven days is no refusal, and what was taken before is taken still', () => {
    const lastMs = replacedAtMs + closingMs;
    expect(decideProbe(fresh, silent, lastMs)).toEqual({ state: 'unanswered' });
    expect(decideProbe({ ...fresh, wasAccepted: true }, silent, lastMs)).toEqual({ state: 'accepted' });
  });

  test('whatever is answered, it ends within seven days and is never due in the past or later', () => {
    const answers = fc.array(fc.constantFrom(accepted, silent), { minLength: 200, maxLength: 400 });
    fc.assert(
      fc.property(answers, (given) => {
        let probe = fresh;
        let nowMs = replacedAtMs + 600_000;
        for (const answer of given) {
          const decision = decideProbe(probe, answer, nowMs);
          if (decision.state !== 'outstanding') {
            expect(decision.state).not.toBe('refused');
            expect(nowMs).toBe(replacedAtMs + closingMs);
            return;
          }
          expect(decision.dueAtMs).toBeGreaterThan(nowMs);
          expect(decision.dueAtMs).toBeLessThanOrEqual(replacedAtMs + closingMs);
          const wasAccepted = probe.wasAccepted || answer.kind === 'accepted';
          probe = { ...probe, failures: decision.failures, wasAccepted };
          nowMs = decision.dueAtMs;
        }
        throw new Error('it never ended');
      }),
    );
  });
});

test.each([
  [200, 'accepted'],
  [204, 'accepted'],
  [401, 'refused'],
  [403, 'refused'],
  [301, 'unclear'],
  [400, 'unclear'],
  [404, 'unclear'],
  [429, 'unclear'],
  [503, 'unclear'],
])('an answer of %s says %s', (status, kind) => {
  expect(readProbeStatus(status)).toEqual({ kind, status });
});

test('people are told apart what was never tried, still works, and was not answered', () => {
  const outstanding = { state: 'outstanding', because: null, status: null, tries: 0, wasAccepted: false } as const;
  expect(describeProbe(outstanding)).toContain('not tried yet');
  expect(describeProbe({ ...outstanding, tries: 1, status: 200, wasAccepted: true })).toContain('still takes it');
  expect(describeProbe({ ...outstanding, tries: 1 })).toContain('No answer came');
  expect(describeProbe({ ...outstanding, tries: 1, status: 503 })).toContain('answered 503');
});
