import type { Command } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { SetFlags, ShowFlags } from './declarations/declare.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn declarations`. Their code is only loaded when one runs. */
export function addDeclarationVerbs(declarations: Command, terminal: Terminal): Command {
  declarations.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(
    declarations
      .command('show')
      .description('Show what is declared, as the file that set takes.')
      .option('--as-of <version>', 'as it was in this version'),
  ).action(async (flags: ShowFlags) => {
    const { runShow } = await import('./declarations/declare.ts');
    await runShow(flags, terminal);
  });
  withTeamApi(
    declarations
      .command('set')
      .description('Declare everything in a file, in place of what was declared.')
      .requiredOption('-f, --file <path>', 'YAML or JSON as show prints it; - reads it from standard input')
      .option('--confirm <parts...>', 'parts that are as they were, and are said again to be so'),
  ).action(async (flags: SetFlags) => {
    const { runSet } = await import('./declarations/declare.ts');
    await runSet(flags, terminal);
  });
  return declarations;
}
