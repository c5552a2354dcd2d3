import { type Command, Option } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { AddFlags, ChangeFlags } from './members/change-members.ts';
import type { SignersFlags } from './members/name-signers.ts';
import type { ListFlags } from './members/show-members.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn members`. Their code is only loaded when one runs. */
export function addMemberVerbs(members: Command, terminal: Terminal): Command {
  members.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(
    members.command('list').description('List the members of a team.').option('--all', 'removed ones too'),
  ).action(async (flags: ListFlags) => {
    const { runList } = await import('./members/show-members.ts');
    await runList(flags, terminal);
  });
  withTeamApi(
    members
      .command('add')
      .description('Add a member.')
      .argument('<email>', 'e-mail of the member')
      .requiredOption('-n, --name <name>', 'who it is')
      .addOption(role().makeOptionMandatory()),
  ).action(async (email: string, flags: AddFlags) => {
    const { runAdd } = await import('./members/change-members.ts');
    await runAdd(email, flags, terminal);
  });
  withTeamApi(
    members
      .command('change')
      .description('Change a member; what is not named stays.')
      .argument('<member>', 'id or e-mail of the member')
      .option('-n, --name <name>', 'who it is')
      .option('--email <email>', 'another e-mail')
      .addOption(role()),
  ).action(async (member: string, flags: ChangeFlags) => {
    const { runChange } = await import('./members/change-members.ts');
    await runChange(member, flags, terminal);
  });
  withTeamApi(
    members
      .command('remove')
      .description('Remove a member, and revoke the API keys of the member.')
      .argument('<member>', 'id or e-mail of the member'),
  ).action(async (member: string, flags: CommonFlags) => {
    const { runRemove } = await import('./members/change-members.ts');
    await runRemove(member, flags, terminal);
  });
  withTeamApi(signers(members)).action(async (duty: string | undefined, named: string[], flags: SignersFlags) => {
    const { runSigners } = await import('./members/name-signers.ts');
    await runSigners(duty, named, flags, terminal);
  });
  return members;
}

function signers(members: Command): Command {
  return members
    .command('signers')
    .description('Show who signs reviews, or name who signs for a duty.')
    .argument('[duty]', 'engineering, security, operations, product or quality')
    .argument('[members...]', 'ids or e-mails, in place of whoever signed')
    .option('--none', 'nobody signs for it');
}

function role(): Option {
  return new Option('-r, --role <role>', 'what the member may do at most').choices([
    'owner',
    'admin',
    'developer',
    'auditor',
    'viewer',
  ]);
}
