import { expect, test, vi } from 'vitest';
import { recordingLog } from '../../../tests/support/embedded-folders.ts';
import type { ServerProcess } from './server-process.ts';
import { superviseServer } from './supervise-server.ts';

test('a server whose restarts fail is started again until it runs, and onRestart is called once', async () => {
  const runs: FakeServer[] = [];
  const onRestart = vi.fn<() => void>();
  const ready = vi.fn<() => Promise<void>>().mockResolvedValueOnce().mockRejectedValueOnce(new Error('not yet'));
  const supervised = await superviseServer({ launch: launcher(runs), ready, onRestart, log: recordingLog(), now });
  runs[0]?.end();
  await vi.waitFor(() => expect(onRestart).toHaveBeenCalledOnce());
  expect(runs.length).toBe(3);
  expect(supervised.pid()).toBe(3);
  await supervised.stop();
});

test('a stopped server stays stopped, also when it had ended and was about to be started again', async () => {
  const runs: FakeServer[] = [];
  const log = recordingLog();
  const supervised = await superviseServer({ launch: launcher(runs), ready: async () => {}, onRestart() {}, log, now });
  runs[0]?.end();
  await vi.waitFor(() => expect(log.lines.length).toBe(1));
  await supervised.stop();
  expect(supervised.pid()).toBeUndefined();
  expect(runs.length).toBe(1);
});

test('a stop while a restart is launching ends that server too', async () => {
  const runs: FakeServer[] = [];
  const launch = launcher(runs);
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  let launches = 0;
  const onRestart = vi.fn<() => void>();
  const supervised = await superviseServer({
    launch: async () => {
      launches += 1;
      if (launches === 2) await held;
      return await launch();
    },
    ready: async () => {},
    onRestart,
    log: recordingLog(),
    now,
  });
  runs[0]?.end();
  await vi.waitFor(() => expect(launches).toBe(2));
  const stopped = supervised.stop();
  letGo();
  await stopped;
  expect(runs[1]?.process.hasExited()).toBe(true);
  expect(onRestart).not.toHaveBeenCalled();
});

test('the first start tells its failure and leaves nothing behind', async () => {
  const runs: FakeServer[] = [];
  const ready = () => Promise.reject(new Error('broken'));
  const starting = superviseServer({ launch: launcher(runs), ready, onRestart() {}, log: recordingLog(), now });
  await expect(starting).rejects.toThrow('broken');
  expect(runs[0]?.process.hasExited()).toBe(true);
});

type FakeServer = { process: ServerProcess; end(): void };

const now = () => 0;

function launcher(runs: FakeServer[]): () => Promise<ServerProcess> {
  return async () => {
    const { promise: exited, resolve } = Promise.withResolvers<{ reason: string }>();
    let gone = false;
    const end = () => {
      gone = true;
      resolve({ reason: 'fake' });
    };
    const pid = runs.length + 1;
    runs.push({ end, process: { pid, exited, hasExited: () => gone, signal: end, lastLines: async () => '' } });
    return runs[pid - 1]!.process;
  };
}
