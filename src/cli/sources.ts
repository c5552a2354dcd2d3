import { type Command, InvalidArgumentError } from 'commander';
import { withTeamApi } from './api-options.ts';
import { collected, wholeNumber } from './option-values.ts';
import type { ChangeFlags } from './sources/change-source.ts';
import type { NewSourceFlags } from './sources/create-source.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn sources`. Their code is only loaded when one runs. */
export function addSourceVerbs(sources: Command, terminal: Terminal): Command {
  sources.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(sources.command('list').description('List the sources of a team.')).action(async (flags: CommonFlags) => {
    const { runList } = await import('./sources/show-sources.ts');
    await runList(flags, terminal);
  });
  withTeamApi(sources.command('show').description('Show a source.').argument('<source>', 'id of the source')).action(
    async (source: string, flags: CommonFlags) => {
      const { runShow } = await import('./sources/show-sources.ts');
      await runShow(source, flags, terminal);
    },
  );
  withTeamApi(withSettings(withSecret(create(sources)))).action(async (provider: string, flags: NewSourceFlags) => {
    const { runCreate } = await import('./sources/create-source.ts');
    await runCreate(provider, flags, terminal);
  });
  withTeamApi(withSettings(withSecret(update(sources)))).action(async (source: string, flags: ChangeFlags) => {
    const { runUpdate } = await import('./sources/change-source.ts');
    await runUpdate(source, flags, terminal);
  });
  for (const [verb, status, description] of statusVerbs) {
    withTeamApi(sources.command(verb).description(description).argument('<source>', 'id of the source')).action(
      async (source: string, flags: CommonFlags) => {
        const { runStatus } = await import('./sources/change-source.ts');
        await runStatus(source, status, flags, terminal);
      },
    );
  }
  withTeamApi(
    sources.command('delete').description('Delete a source.').argument('<source>', 'id of the source'),
  ).action(async (source: string, flags: CommonFlags) => {
    const { runDelete } = await import('./sources/change-source.ts');
    await runDelete(source, flags, terminal);
  });
  withTeamApi(rejections(sources)).action(async (source: string, flags: CommonFlags & { limit: number }) => {
    const { runRejections } = await import('./sources/show-rejections.ts');
    await runRejections(source, flags, terminal);
  });
  withTeamApi(
    sources
      .command('providers')
      .description('List the providers, or show how to set one up.')
      .argument('[provider]', 'name of a provider'),
  ).action(async (provider: string | undefined, flags: CommonFlags) => {
    const { runProviders } = await import('./sources/show-providers.ts');
    await runProviders(provider ?? null, flags, terminal);
  });
  return sources;
}

const statusVerbs = [
  ['pause', 'paused', 'Stop taking requests, until resumed.'],
  ['resume', 'active', 'Take requests again.'],
] as const;

function create(sources: Command): Command {
  return sources
    .command('create')
    .description('Create a source, and print the URL to enter at the provider.')
    .argument('<provider>', 'provider profile, such as documenso')
    .option('--paused', 'create it paused');
}

function update(sources: Command): Command {
  return sources
    .command('update')
    .description('Change a source; what is not named stays.')
    .argument('<source>', 'id of the source')
    .option('--add <name>', 'add a credential, or replace the one of this name')
    .option('--remove <name>', 'remove a credential (several)', collected)
    .option('--expire <name=when>', 'end one: now, never, 12h, 7d or a time (several)', collected)
    .addHelpText('after', '\n--allow replaces the whole list; --allow none and --rate none take the limit away.');
}

function rejections(sources: Command): Command {
  return sources
    .command('rejections')
    .description('Show what a source rejected, newest first.')
    .argument('<source>', 'id of the source')
    .option('--limit <n>', 'how many minutes and reasons', wholeNumber(1, 500), 20);
}

function withSecret(command: Command): Command {
  return command
    .option('-s, --secret <secret>', 'a secret; - reads it from standard input (several)', collected)
    .option('--secret-file <path>', 'a secret from a file; - reads standard input (several)', collected)
    .option('--kind <kind>', 'kind of credential, where the provider has several');
}

function withSettings(command: Command): Command {
  return command
    .option('-n, --name <name>', 'name for people to read')
    .option('-o, --option <name=value>', 'an option of the provider (several)', collected)
    .option('--allow <cidr>', 'take requests from here only (several)', collected)
    .option('--rate <n>', 'take so many requests a second', perSecond)
    .option('--body-max <bytes>', 'reject larger bodies', wholeNumber(1_000, 33_554_432))
    .option('--dedupe <seconds>', 'how long duplicates are recognised', wholeNumber(60, 31_536_000))
    .option('--accept-uncovered', 'take requests that do not prove their body');
}

/** Commander takes null for no value, so that no limit keeps its name. */
function perSecond(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0.01 && value <= 100_000) return value;
  throw new InvalidArgumentError('is not a number of requests; write 50, or none.');
}
