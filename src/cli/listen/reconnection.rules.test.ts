import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconnectDelayMs } from './reconnection.rules.ts';

test('the wait doubles from half a second to fifteen, at least half of it', () => {
  const whole = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => reconnectDelayMs(failures, 1));
  expect(whole).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const delayMs = reconnectDelayMs(failures, random);
      expect(delayMs).toBeGreaterThanOrEqual(reconnectDelayMs(failures, 1) / 2);
      expect(delayMs).toBeLessThanOrEqual(reconnectDelayMs(failures, 1));
    }),
  );
});
