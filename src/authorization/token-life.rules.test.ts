import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenLife, waitAfterFailureMs } from './token-life.rules.ts';

describe('the life of a token', () => {
  it.each([
    ['an hour', 3_600, 3_540, 3_590],
    ['a minute and a half', 90, 72, 81],
    ['ten seconds', 10, 8, 9],
    ['unsaid', null, 240, 290],
    ['nonsense', -5, 240, 290],
  ])('of %s is renewed early and ends before it is over', (_about, expiresIn, renewFrom, usableUntil) => {
    expect(tokenLife(expiresIn, 1_000_000)).toEqual({
      renewFromMs: 1_000_000 + renewFrom * 1000,
      usableUntilMs: 1_000_000 + usableUntil * 1000,
    });
  });

  it('always has time to renew before the end, and never outlasts what the server said', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e12, noNaN: true }), (expiresIn) => {
        const { renewFromMs, usableUntilMs } = tokenLife(expiresIn, 0);
        expect(renewFromMs).toBeLessThan(usableUntilMs);
        expect(renewFromMs).toBeGreaterThan(0);
        expect(usableUntilMs).toBeLessThan(expiresIn * 1000);
      }),
    );
  });
});

describe('the wait after failures', () => {
  it('grows from a second to half a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 100].map((count) => waitAfterFailureMs(count, null));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('is longer when the server says so, up to five minutes', () => {
    expect(waitAfterFailureMs(1, 90_000)).toBe(90_000);
    expect(waitAfterFailureMs(3, 500)).toBe(4_000);
    expect(waitAfterFailureMs(1, 86_400_000)).toBe(300_000);
  });
});
