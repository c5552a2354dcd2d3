import { join } from 'node:path';
import { environmentWith, readConfig } from '../config.ts';
import { demandConfig } from './demand-config.ts';
import { untilStopped } from './stop-signals.ts';
import type { Terminal } from './terminal/terminal.ts';
import { alignColumns } from './terminal/layout.rules.ts';

export type UpOptions = { port?: number; host?: string; data?: string; config?: string };

/** Starts Posthorn and runs it until the process is told to stop. Throws when it cannot start. */
export async function runUp(options: UpOptions, terminal: Terminal): Promise<void> {
  const env = environmentWith({
    PORT: options.port?.toString(),
    HOST: options.host,
    POSTHORN_DATA: options.data,
    POSTHORN_CONFIG: options.config,
  });
  const config = demandConfig(readConfig(env), terminal);
  const stopped = untilStopped();
  const { start } = await import('../main.ts');
  const running = await start(config);

  // On standard error: standard output is the log, one JSON object a line.
  const { paint } = terminal;
  const key = running.operatorKey;
  const keyPlace = config.operatorKey === null ? join(config.dataFolder, 'operator-key') : 'POSTHORN_OPERATOR_KEY';
  const facts = [
    ['API', paint.cyan(running.url)],
    ['Reference', paint.cyan(`${running.url}/docs`)],
    ['Database', config.databaseUrl === null ? `embedded, in ${config.dataFolder}` : 'yours, from DATABASE_URL'],
    ['Data', config.dataFolder],
    ['Operator key', key === null ? `in ${keyPlace}` : `${paint.bold(key)}  (shown once; kept in ${keyPlace})`],
  ];
  terminal.err('');
  terminal.err(`${paint.bold('Posthorn')} is up (${config.environment}). Ctrl-C stops it.`);
  for (const line of alignColumns(facts, '   ')) terminal.err(`  ${line}`);
  terminal.err('');

  await stopped;
  terminal.err(
    paint.dim(`Stopping: up to ${config.shutdownSeconds} s for what is under way. Ctrl-C again ends at once.`),
  );
  await running.stop();
}
