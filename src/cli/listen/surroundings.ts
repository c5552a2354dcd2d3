import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { environmentWith } from '../../config.ts';
import { untilStopped } from '../stop-signals.ts';
import type { KeySource } from './keys.ts';

/** What a run has around it; a test brings its own. */
export type Surroundings = {
  stopped: Promise<unknown>;
  /** Posthorn's folder among the user's settings. */
  settingsFolder: string;
  /** A terminal to take keys from and to draw on; null where there is none. */
  console: { stdin: KeySource; write: (text: string) => void } | null;
};

/** Those of this process. */
export function surroundingsOf(options: { json?: true }): Surroundings {
  const configured = environmentWith({})['XDG_CONFIG_HOME'] ?? '';
  const { stdin, stdout, stderr } = process;
  const isConsole = stdin.isTTY && stdout.isTTY && stderr.isTTY && options.json !== true;
  return {
    stopped: untilStopped(),
    // The XDG base directory specification: a relative path is none.
    settingsFolder: join(isAbsolute(configured) ? configured : join(homedir(), '.config'), 'posthorn'),
    console: isConsole ? { stdin, write: (text) => void stderr.write(text) } : null,
  };
}
