import { environmentWith, readConfig } from '../config.ts';
import { demandConfig } from './demand-config.ts';
import { untilStopped } from './stop-signals.ts';
import type { Terminal } from './terminal/terminal.ts';
import { renderBanner } from './up/render-banner.ts';

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
    const { drainSeconds, shutdownSeconds } = config;
    const drain = drainSeconds === 0 ? '' : `in ${drainSeconds} s, then `;
    const patience = `up to ${shutdownSeconds} s for what is under way`;
    terminal.err(terminal.paint.dim(`Stopping: ${drain}${patience}. Ctrl-C again ends at once.`));
  });
  const { start } = await import('../main.ts');
  const running = await start(config);

  const banner = await renderBanner(config, running, terminal.paint);
  // On standard error: standard output is the log, one JSON object a line.
  if (!stopping) for (const line of banner) terminal.err(line);
  await stopped;
  // Not by itself: what did not end would keep the process.
  process.exit((await running.stop()) ? 0 : 1);
}
