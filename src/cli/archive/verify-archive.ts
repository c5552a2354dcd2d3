import { setTimeout as delay } from 'node:timers/promises';
import type { Terminal } from '../terminal/terminal.ts';
import type { VerificationAnswer } from './archive-answers.ts';
import { type CommonFlags, openArchive } from './open-archive.ts';
import { renderProgress, renderVerdict } from './render-archive.rules.ts';

const lookEveryMs = 500;
/** Without a terminal, a line so often is enough. */
const lineEveryMs = 30_000;

/** Has the archive verified and waits for the end. The exit code is 1 when anything is damaged or missing. */
export async function runVerify(
  flags: CommonFlags & { all?: true; wait: boolean },
  terminal: Terminal,
  screen: { isTTY?: boolean; write: (text: string) => unknown } = process.stderr,
): Promise<0 | 1> {
  const { api, path } = await openArchive(flags);
  let run = await api.request<VerificationAnswer>('POST', `${path}/verify`, { all: flags.all === true });
  const isDrawn = screen.isTTY === true && flags.json !== true;
  let lineAt = performance.now();
  while (run.state === 'running' && flags.wait) {
    if (isDrawn) screen.write(`\r${renderProgress(run, terminal.width - 1)}`);
    else if (performance.now() - lineAt >= lineEveryMs) {
      terminal.err(renderProgress(run, terminal.width));
      lineAt = performance.now();
    }
    await delay(lookEveryMs);
    run = await api.request<VerificationAnswer>('GET', `${path}/verify`);
  }
  if (isDrawn) screen.write(`\r${renderProgress(run, terminal.width - 1)}\n`);
  if (flags.json === true) terminal.out(JSON.stringify(run));
  else if (run.state === 'running') terminal.out('The verification runs; see posthorn archive verify.');
  else for (const line of renderVerdict(run, terminal.paint, flags.all === true)) terminal.out(line);
  return run.damaged + run.missing > 0 ? 1 : 0;
}
