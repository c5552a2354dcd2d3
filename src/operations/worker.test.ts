import { expect, test, vi } from 'vitest';
import { createManualTimers } from '../../tests/support/manual-timers.ts';
import { createWorker } from './worker.ts';

function setUp(run: () => Promise<number | null>) {
  const timers = createManualTimers();
  const errors: unknown[] = [];
  const worker = createWorker({ timers, run, onError: (error) => errors.push(error), pollEveryMs: 60_000 });
  return { timers, errors, worker };
}

test('runs at the start, when woken, and after the time that the run asked for, at most the poll', async () => {
  const answers: (number | null)[] = [null, 500, 1e9];
  const run = vi.fn<() => Promise<number | null>>(async () => answers.shift() ?? null);
  const { timers, worker } = setUp(run);
  worker.start();
  await vi.waitFor(() => expect(timers.waiting).toEqual([60_000]));
  worker.wake();
  await vi.waitFor(() => expect(timers.waiting).toEqual([500]));
  timers.advance(500);
  await vi.waitFor(() => expect(timers.waiting).toEqual([60_000]));
  expect(run).toHaveBeenCalledTimes(3);
  await worker.stop();
  expect(timers.waiting).toEqual([]);
});

test('never runs twice at once, and a wake during a run is followed by another', async () => {
  const gates: (() => void)[] = [];
  const run = vi.fn<() => Promise<null>>(() => new Promise<null>((resolve) => gates.push(() => resolve(null))));
  const { timers, worker } = setUp(run);
  worker.start();
  worker.wake();
  worker.wake();
  expect(run).toHaveBeenCalledTimes(1);
  gates[0]?.();
  await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2));
  gates[1]?.();
  await vi.waitFor(() => expect(timers.waiting).toEqual([60_000]));
  expect(run).toHaveBeenCalledTimes(2);
});

test('goes on after a failure, soon, until it is stopped', async () => {
  const run = vi.fn<() => Promise<null>>(() => Promise.reject<null>(new Error('the database is away')));
  const { timers, errors, worker } = setUp(run);
  worker.start();
  await vi.waitFor(() => expect(timers.waiting).toEqual([5_000]));
  timers.advance(5_000);
  await vi.waitFor(() => expect(errors).toHaveLength(2));
  await worker.stop();
  worker.wake();
  expect(run).toHaveBeenCalledTimes(2);
});
