import { type Command, Option } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { WindowFlags } from './calls/call-query.ts';
import type { ListFlags } from './calls/show-calls.ts';
import { wholeNumber } from './option-values.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn calls`. Their code is only loaded when one runs. */
export function addCallVerbs(calls: Command, terminal: Terminal): Command {
  calls.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(
    withWindow(withFilters(calls.command('list').description('List calls, newest first; or follow them live.'))),
  )
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .option('-f, --follow', 'go on with calls as they end, until stopped')
    .action(async (flags: ListFlags) => {
      const { runList } = await import('./calls/show-calls.ts');
      await runList(flags, terminal);
    });
  withTeamApi(
    calls.command('show').description('Show all that is on record of a call.').argument('<call>', 'id of the call'),
  ).action(async (call: string, flags: CommonFlags) => {
    const { runShow } = await import('./calls/show-calls.ts');
    await runShow(call, flags, terminal);
  });
  withTeamApi(withWindow(calls.command('stats').description('Show how calls fared: how many, how long, what failed.')))
    .addOption(new Option('--by <what>', 'group them').choices(['operation', 'status', 'hour']).default('operation'))
    .action(async (flags: WindowFlags & { by: string }) => {
      const { runStatistics } = await import('./calls/show-calls.ts');
      await runStatistics(flags, terminal);
    });
  withTeamApi(withWindow(calls.command('violations').description('Show calls that the provider may count as polling.')))
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .action(async (flags: WindowFlags & { limit: number }) => {
      const { runViolations } = await import('./calls/show-calls.ts');
      await runViolations(flags, terminal);
    });
  return calls;
}

function withFilters(command: Command): Command {
  return command
    .option('--operation <name>', 'of this operation, such as envelopes.get')
    .option('--status <status>', 'with this status of the provider: 429, or 4xx')
    .option('--error <kind>', 'that ended with this kind of error')
    .option('--subject <id>', 'about this document, envelope or transaction')
    .option('--api-key <id>', 'made with this api key')
    .addOption(new Option('--environment <environment>', 'of this environment').choices(['sandbox', 'production']))
    .addOption(
      new Option('--polling <verdict>', 'about which the polling rule had a word').choices([
        'violation',
        'served',
        'refused',
      ]),
    )
    .addOption(
      new Option('--outcome <outcome>', 'that stand so').choices(['running', 'succeeded', 'failed', 'unknown']),
    );
}

function withWindow(command: Command): Command {
  return command
    .option('-c, --connection <id>', 'through this connection')
    .option('--since <when>', 'since 10m, 2h or 7d ago, or a time (24h)')
    .option('--until <when>', 'before then');
}
