import { expect, test } from 'vitest';
import { createManualTimers } from '../tests/support/manual-timers.ts';
import { until } from '../tests/support/until.ts';
import { createShutdown } from './shutdown.ts';
import { createLog } from './telemetry/log.ts';

function aShutdown({ drainSeconds = 0 } = {}) {
  const timers = createManualTimers();
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLog({ level: 'info', destination });
  return {
    timers,
    lines,
    shutdown: createShutdown({ drainSeconds, shutdownSeconds: 25, timers, monotonicMs: () => timers.now(), log }),
  };
}

test('everything has ended: said so, and so in the log', async () => {
  const { shutdown, lines, timers } = aShutdown();
  const order: string[] = [];
  for (const what of ['first', 'second']) shutdown.add(what, () => Promise.resolve(order.push(what)));
  expect(await shutdown.run()).toBe(true);
  expect(order).toEqual(['second', 'first']);
  expect(lines).toMatchObject([{ level: 'info', everythingEnded: true, msg: 'stopped' }]);
  expect(timers.waiting).toEqual([]);
  expect(await shutdown.run(), 'nothing is stopped twice').toBe(true);
  expect(order).toHaveLength(2);
});

test('what hangs has ten seconds beyond the time for what is under way, and is named in the log', async () => {
  const { shutdown, lines, timers } = aShutdown();
  const given: number[] = [];
  shutdown.add('a thing that fails', () => Promise.reject(new Error('broken')));
  shutdown.add('a thing that hangs', (withinMs) => {
    given.push(withinMs);
    return new Promise(() => undefined);
  });
  const stopping = shutdown.run();
  await until('the wait', () => timers.waiting.length > 0);
  expect([shutdown.underWayMs, given, timers.waiting]).toEqual([25_000, [34_000], [34_000]]);
  timers.advance(34_000);
  expect(await stopping).toBe(false);
  expect(lines).toMatchObject([
    { level: 'error', what: 'a thing that hangs', msg: 'did not stop in time and is left behind' },
    { level: 'warn', what: 'a thing that fails', error: { message: 'broken' } },
    { level: 'info', everythingEnded: false, msg: 'stopped' },
  ]);
});

test('whoever balances load is given time to go elsewhere: everything goes on until then', async () => {
  const { shutdown, lines, timers } = aShutdown({ drainSeconds: 15 });
  const stopped: string[] = [];
  shutdown.add('the API', () => Promise.resolve(stopped.push('the API')));
  expect([shutdown.isLeaving, shutdown.isStopping]).toEqual([false, false]);
  const leaving = shutdown.leave();
  timers.advance(14_999);
  expect([shutdown.isLeaving, shutdown.isStopping, stopped]).toEqual([true, false, []]);
  timers.advance(1);
  expect(await leaving).toBe(true);
  expect([shutdown.isStopping, stopped]).toEqual([true, ['the API']]);
  expect(lines).toMatchObject([{ drainSeconds: 15, msg: 'stopping' }, { msg: 'stopped' }]);
});

test('without a time for it, a stop begins at once', async () => {
  const { shutdown, timers } = aShutdown();
  const leaving = shutdown.leave();
  expect(timers.waiting).toEqual([]);
  expect(await leaving).toBe(true);
});
