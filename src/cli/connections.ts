import { type Command, Option } from 'commander';
import { withTeamApi } from './api-options.ts';
import type { ChangeFlags } from './connections/change-connection.ts';
import type { CheckFlags } from './connections/check-connection.ts';
import type { NewConnectionFlags } from './connections/create-connection.ts';
import type { RotateFlags } from './connections/rotate-credential.ts';
import type { ProbeFlags } from './connections/show-probes.ts';
import { collected } from './option-values.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn connections`. Their code is only loaded when one runs. */
export function addConnectionVerbs(connections: Command, terminal: Terminal): Command {
  connections.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  const named = (verb: string, description: string): Command =>
    connections.command(verb).description(description).argument('<connection>', 'id of the connection');

  withTeamApi(connections.command('list').description('List the connections of a team.')).action(
    async (flags: CommonFlags) => {
      const { runList } = await import('./connections/show-connections.ts');
      await runList(flags, terminal);
    },
  );
  withTeamApi(named('show', 'Show a connection: where it calls, its policy, and how its credentials are used.')).action(
    async (connection: string, flags: CommonFlags) => {
      const { runShow } = await import('./connections/show-connections.ts');
      await runShow(connection, flags, terminal);
    },
  );
  withTeamApi(withSettings(withCredential(create(connections)))).action(
    async (provider: string, flags: NewConnectionFlags) => {
      const { runCreate } = await import('./connections/create-connection.ts');
      await runCreate(provider, flags, terminal);
    },
  );
  withTeamApi(change(withSettings(named('change', 'Change a connection; what is not named stays.')))).action(
    async (connection: string, flags: ChangeFlags) => {
      const { runChange } = await import('./connections/change-connection.ts');
      await runChange(connection, flags, terminal);
    },
  );
  withTeamApi(withCredential(named('rotate', 'Add a new credential that is used first; the old ones go on.')))
    .option('--expire-old <when>', 'end the old ones: now, 12h, 7d or a time')
    .action(async (connection: string, flags: RotateFlags) => {
      const { runRotate } = await import('./connections/rotate-credential.ts');
      await runRotate(connection, flags, terminal);
    });
  withTeamApi(
    named('check', 'Try each credential with a harmless read, and say what is wrong; exit 1 when one does not work.'),
  )
    .option('--path <path>', "read this below the base URL, in place of the provider's own")
    .action(async (connection: string, flags: CheckFlags) => {
      const { runCheck } = await import('./connections/check-connection.ts');
      process.exitCode = await runCheck(connection, flags, terminal);
    });
  withTeamApi(
    named(
      'probes',
      'Show whether the provider refuses credentials that were removed; exit 1 while one is not known to be.',
    ),
  )
    .option('--run', 'try those that are outstanding now')
    .action(async (connection: string, flags: ProbeFlags) => {
      const { runProbes } = await import('./connections/show-probes.ts');
      process.exitCode = await runProbes(connection, flags, terminal);
    });
  withTeamApi(named('delete', 'Delete a connection and its credentials.')).action(
    async (connection: string, flags: CommonFlags) => {
      const { runDelete } = await import('./connections/change-connection.ts');
      await runDelete(connection, flags, terminal);
    },
  );
  withTeamApi(
    connections
      .command('providers')
      .description('List the providers that can be called, or show how to set one up.')
      .argument('[provider]', 'name of a provider'),
  ).action(async (provider: string | undefined, flags: CommonFlags) => {
    const { runProviders } = await import('./connections/show-connections.ts');
    await runProviders(provider ?? null, flags, terminal);
  });
  return connections;
}

function create(connections: Command): Command {
  return connections
    .command('create')
    .description("Create a connection, and print the URL to call in place of the provider's.")
    .argument('<provider>', 'a provider, such as documenso; generic is any API')
    .addOption(
      new Option('-e, --environment <environment>', 'of the account')
        .choices(['sandbox', 'production'])
        .makeOptionMandatory(),
    )
    .option('--paused', 'create it paused');
}

function change(command: Command): Command {
  return command
    .addOption(new Option('--status <status>', 'whether it makes calls').choices(['active', 'paused']))
    .option('--remove <name>', 'remove a credential (several)', collected)
    .option('--expire <name=when>', 'end one: now, never, 12h, 7d or a time (several)', collected)
    .option('--no-archive', 'keep no documents any more')
    .addHelpText(
      'after',
      "\n--source none takes all away, --base-url default calls the provider's own, and --policy timeouts=default or\n--policy timeouts.totalMs=default gives defaults again.",
    );
}

function withCredential(command: Command): Command {
  return command
    .option('--credential <name>', 'name of the credential')
    .option('--kind <kind>', 'kind of credential, where the provider has several')
    .option('--field <name=value>', 'a field that is no secret (several)', collected)
    .option('--secret-file <path>', 'the secret from a file; - reads standard input')
    .option('--from-file <field=path>', 'a field that Posthorn reads from a file there (several)', collected)
    .option('--from-env <field=name>', 'a field that Posthorn reads from its environment (several)', collected)
    .option(
      '--from-command <field=words>',
      'a field that Posthorn reads from what a program prints (several)',
      collected,
    )
    .addHelpText(
      'after',
      '\nThe secret is asked for, or read from standard input, unless one of these says where it is.',
    );
}

function withSettings(command: Command): Command {
  return command
    .option('-n, --name <name>', 'name for people to read')
    .option('--base-url <url>', "call this in place of the provider's own")
    .option('--self-hosted', 'take a host that is none of the provider')
    .option('-o, --option <name=value>', 'an option of the provider (several)', collected)
    .option('-p, --policy <part.value=…>', 'a value of the policy, such as timeouts.totalMs=60000 (several)', collected)
    .option('--source <id>', 'a source that tells of this account (several)', collected)
    .option('--archive', 'keep completed documents');
}
