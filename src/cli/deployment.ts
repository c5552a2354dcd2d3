import type { Command } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { ListFlags } from './deployment/show-deployments.ts';
import type { StartFlags } from './deployment/start-deployment.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn deployment`. Their code is only loaded when one runs. */
export function addDeploymentVerbs(deployment: Command, terminal: Terminal): Command {
  deployment.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(
    deployment
      .command('start')
      .description('Put on record that a release begins to be deployed; nothing is deployed by it.')
      .requiredOption('--release <release>', 'its name, as posthorn verify --record had it')
      .option('--environment <name>', 'where it is deployed', 'production')
      .option('--connection <id>', 'it concerns this connection alone; left out, all of the team')
      .option('--at <time>', 'when it began (RFC 3339), at most a day ago; left out, now'),
  ).action(async (flags: StartFlags) => {
    const { runStart } = await import('./deployment/start-deployment.ts');
    await runStart(flags, terminal);
  });
  withListOptions(deployment.command('list').description('List deployments, the newest on record first.')).action(
    async (flags: ListFlags) => {
      const { runList } = await import('./deployment/show-deployments.ts');
      await runList(flags, terminal);
    },
  );
  withListOptions(
    deployment.command('verifications').description('List runs of posthorn verify on record, newest first.'),
  ).action(async (flags: ListFlags) => {
    const { runVerifications } = await import('./deployment/show-deployments.ts');
    await runVerifications(flags, terminal);
  });
  return deployment;
}

function withListOptions(command: Command): Command {
  return withTeamApi(command)
    .option('--release <release>', 'of this release alone')
    .option('--environment <name>', 'of this environment alone');
}
