import { join } from 'node:path';
import { type Config, environmentWith, readConfig } from '../config.ts';
import { demandConfig } from './demand-config.ts';
import { untilStopped } from './stop-signals.ts';
import type { Paint } from './terminal/paint.rules.ts';
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
  let stopping = false;
  const stopped = untilStopped().then(() => {
    stopping = true;
    const patience = `up to ${config.shutdownSeconds} s for what is under way`;
    terminal.err(terminal.paint.dim(`Stopping: ${patience}. Ctrl-C again ends at once.`));
  });
  const { start } = await import('../main.ts');
  const running = await start(config);

  if (!stopping) for (const line of banner(config, running, terminal.paint)) terminal.err(line);
  await stopped;
  // Not by itself: what did not end would keep the process.
  process.exit((await running.stop()) ? 0 : 1);
}

/** On standard error: standard output is the log, one JSON object a line. */
function banner(config: Config, running: { url: string; operatorKey: string | null }, paint: Paint): string[] {
  const key = running.operatorKey;
  const keyPlace = config.operatorKey === null ? join(config.dataFolder, 'operator-key') : 'POSTHORN_OPERATOR_KEY';
  const facts = [
    ['API', paint.cyan(running.url)],
    ['Reference', paint.cyan(`${running.url}/docs`)],
    ['Database', config.databaseUrl === null ? `embedded, in ${config.dataFolder}` : 'yours, from DATABASE_URL'],
    ['Data', config.dataFolder],
    ['Operator key', key === null ? `in ${keyPlace}` : paint.bold(key)],
    ...(key === null ? [] : [['', paint.dim(`shown once, kept in ${keyPlace}`)]]),
  ];
  return [
    '',
    `${paint.bold('Posthorn')} is up (${config.environment}). Ctrl-C stops it.`,
    ...alignColumns(facts, '   ').map((line) => `  ${line}`),
    '',
  ];
}
