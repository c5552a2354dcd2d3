import { CommanderError, type Command } from 'commander';
import { describeError, CliFailure } from './failure.ts';
import { buildProgram } from './program.ts';
import { safeText } from './terminal/safe-text.rules.ts';
import { openTerminal } from './terminal/terminal.ts';

/** Runs one verb. Every error is one line, `posthorn: what; how to mend it`; the exit code is 2 for a wrong command. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const terminal = openTerminal();
  const program: Command = buildProgram(terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it, in our words: see configureOutput in program.ts.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { what, remedy } = describeError(error);
    terminal.err(`posthorn: ${safeText(remedy === null ? what : `${what}; ${remedy}`, 'one line')}`);
    process.exitCode = error instanceof CliFailure ? error.exitCode : 1;
  }
}
