import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { createApiClient } from './api/api-client.ts';
import { type CleanUp, createCleanUp } from './demo/clean-up.ts';
import { play } from './demo/play.ts';
import type { Receiver } from './demo/scene.ts';
import { demandConfig } from './demand-config.ts';
import { CliFailure } from './failure.ts';
import { obedient } from './inbox/choose-answer.rules.ts';
import { startInboxServer } from './inbox/inbox-server.ts';
import { untilStopped } from './stop-signals.ts';
import { readableDuration } from './terminal/readable.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Plays the whole story on free ports and a throwaway folder. The exit code is 0 only if all of it truly happened. */
export async function runDemo(terminal: Terminal, stopped: Promise<unknown> = untilStopped()): Promise<0> {
  const { out, paint } = terminal;
  const startedAt = performance.now();
  const cleanUp = createCleanUp();
  const interrupted = stopped.then(() => {
    throw new CliFailure('the demo was interrupted', 'start it again with posthorn demo');
  });
  try {
    await Promise.race([perform(terminal, cleanUp), interrupted]);
  } finally {
    await cleanUp.run();
  }
  out('');
  const took = readableDuration(performance.now() - startedAt);
  out(`${paint.green('Every step truly happened')}, in ${took}. The throwaway data folder is gone.`);
  out(`Now your own: ${paint.bold('posthorn up')}, and in a second terminal ${paint.bold('posthorn inbox')}.`);
  return 0;
}

async function perform(terminal: Terminal, cleanUp: CleanUp): Promise<void> {
  const { out, paint } = terminal;
  out(`${paint.bold('Posthorn demo')}: webhooks in and out, on this terminal.`);
  const receiver: Receiver = { url: '', plan: obedient, secrets: [], received: [] };
  const inbox = await startInboxServer({
    host: '127.0.0.1',
    port: 0,
    verification: () => ({ scheme: 'standard-webhooks', header: '', secrets: receiver.secrets }),
    plan: () => receiver.plan,
    onReceived: (webhook) => void receiver.received.push(webhook),
    onAnswered: () => undefined,
  });
  cleanUp.add(inbox.stop);
  receiver.url = inbox.url;

  const folder = await mkdtemp(join(tmpdir(), 'posthorn-demo-'));
  cleanUp.add(() => rm(folder, { recursive: true, force: true }));
  out(paint.dim('    Starting Posthorn and its own PostgreSQL…'));
  const settings = { PORT: '0', POSTHORN_DATA: folder, POSTHORN_LOG_LEVEL: 'silent', POSTHORN_SHUTDOWN_SECONDS: '5' };
  const config = demandConfig(readConfig(settings), terminal);
  const { start } = await import('../main.ts');
  cleanUp.demandOpen();
  const starting = start(config);
  // Also when it is interrupted while it starts.
  cleanUp.add(() => starting.then((running) => running.stop()));
  const running = await starting;
  const key = running.operatorKey ?? (await readFile(join(folder, 'operator-key'), 'utf8')).trim();
  out(`    ${paint.green('✓')} URL=${running.url}`);
  out(`    ${paint.green('✓')} KEY=${key}`);
  const interruption = new AbortController();
  cleanUp.add(() => Promise.resolve(interruption.abort()));
  const { signal } = interruption;
  await play({ api: createApiClient({ url: running.url, key }), receiver, terminal, signal });
}
