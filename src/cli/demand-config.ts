import type { Config, ConfigReading } from '../config.ts';
import { CliFailure } from './failure.ts';
import { counted } from './terminal/readable.rules.ts';
import { safeText } from './terminal/safe-text.rules.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The configuration, or a failure after every problem has been said, each in its own line. Warnings are said too. */
export function demandConfig(reading: ConfigReading, terminal: Terminal): Config {
  for (const { variable, what, remedy } of reading.warnings) {
    terminal.err(safeText(`posthorn: warning: ${variable} ${what}; ${remedy}`, 'one line'));
  }
  if (reading.config !== null) return reading.config;
  const [first, ...others] = reading.problems;
  if (first !== undefined && others.length === 0) {
    throw new CliFailure(`${first.variable} ${first.what}`, first.remedy);
  }
  for (const { variable, what, remedy } of reading.problems) {
    terminal.err(safeText(`posthorn: ${variable} ${what}; ${remedy}`, 'one line'));
  }
  throw new CliFailure(
    `${counted(reading.problems.length, 'setting')} cannot be used`,
    'mend the lines above and start again',
  );
}
