import { expect, test } from 'vitest';
import { createManualTimers } from '../tests/support/manual-timers.ts';
import { inTime } from './patience.ts';

test('work that ends in time is in time, and leaves no timer', async () => {
  const timers = createManualTimers();
  expect(await inTime(timers, Promise.resolve('done'), 50)).toBe(true);
  expect(timers.waiting).toEqual([]);
});

test('work that takes longer is late, and may fail later without anybody hearing of it', async () => {
  const timers = createManualTimers();
  const { promise: work, reject } = Promise.withResolvers<void>();
  const waited = inTime(timers, work, 50);
  timers.advance(50);
  expect(await waited).toBe(false);
  reject(new Error('too late to matter'));
});

test('what fails in time fails for who waits, and leaves no timer', async () => {
  const timers = createManualTimers();
  await expect(inTime(timers, Promise.reject(new Error('broken')), 50)).rejects.toThrow('broken');
  expect(timers.waiting).toEqual([]);
});
