import type { Command } from 'commander';
import { withTeamApi } from '../api-options.ts';
import type { CommonFlags } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AddFlags, SetFlags } from './freeze-windows.ts';

/** The verbs under `posthorn promotions freeze-windows`. */
export function addFreezeVerbs(promotions: Command, terminal: Terminal): void {
  const freeze = promotions
    .command('freeze-windows')
    .description('See and set when nothing is promoted.')
    .helpCommand('help [verb]', 'show the help of a verb');
  withTeamApi(freeze.command('show').description('Show when nothing is promoted.')).action(
    async (flags: CommonFlags) => {
      const { runShow } = await import('./freeze-windows.ts');
      await runShow(flags, terminal);
    },
  );
  withTeamApi(
    freeze
      .command('set')
      .description('Set the whole list from a file, in place of the one before.')
      .requiredOption('-f, --file <path>', 'YAML or JSON as show --json prints it; - reads it from standard input'),
  ).action(async (flags: SetFlags) => {
    const { runSet } = await import('./freeze-windows.ts');
    await runSet(flags, terminal);
  });
  withTeamApi(
    freeze
      .command('add')
      .description('Add a window to those that there are.')
      .option('--from <when>', 'a date or time, or 2d from now; otherwise now')
      .requiredOption('--until <when>', 'a date or time, or 2d from now')
      .requiredOption('--reason <text>', 'why'),
  ).action(async (flags: AddFlags) => {
    const { runAdd } = await import('./freeze-windows.ts');
    await runAdd(flags, terminal);
  });
  withTeamApi(
    freeze.command('remove').description('Take a window away.').argument('<from>', 'when it begins, as show prints it'),
  ).action(async (from: string, flags: CommonFlags) => {
    const { runRemove } = await import('./freeze-windows.ts');
    await runRemove(from, flags, terminal);
  });
}
