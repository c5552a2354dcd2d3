import type { Command } from 'commander';
import { withTeamApi } from '../api-options.ts';
import type { CommonFlags } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { SetFlags } from './launch-plan.ts';
import type { Kind, PutFlags } from './own-definitions.ts';

const which = 'id or name; may be left out when there is one that is not closed';
const file = 'YAML or JSON as show prints it; - reads it from standard input';

/** The verbs for what a team writes itself: checks and checklists of its own, and the launch plan of a review. */
export function addOwnVerbs(review: Command, terminal: Terminal): void {
  addDefinitionVerbs(review, terminal, { kind: 'checks', noun: 'check' });
  addDefinitionVerbs(review, terminal, { kind: 'checklists', noun: 'checklist' });
  const plan = group(review, 'launch-plan', 'See and set what the launch of a review is held to.');
  withTeamApi(
    plan
      .command('show')
      .description('Print the plan in force, as the file that set takes.')
      .argument('[review]', which),
  ).action(async (named: string | undefined, flags: CommonFlags) => {
    const { runShow } = await import('./launch-plan.ts');
    await runShow(named, flags, terminal);
  });
  withTeamApi(
    plan
      .command('set')
      .description('Set the plan in a file, as a new version.')
      .argument('[review]', which)
      .requiredOption('-f, --file <path>', file),
  ).action(async (named: string | undefined, flags: SetFlags) => {
    const { runSet } = await import('./launch-plan.ts');
    await runSet(named, flags, terminal);
  });
}

function addDefinitionVerbs(review: Command, terminal: Terminal, { kind, noun }: { kind: Kind; noun: string }): void {
  const verbs = group(review, kind, `See and write ${kind} of your own.`);
  withTeamApi(verbs.command('list').description(`List the ${kind} that the team wrote.`)).action(
    async (flags: CommonFlags) => {
      const { runList } = await import('./own-definitions.ts');
      await runList(kind, flags, terminal);
    },
  );
  withTeamApi(
    verbs.command('show').description('Print one as the file that put takes.').argument(`<${noun}>`, 'id of it'),
  ).action(async (id: string, flags: CommonFlags) => {
    const { runShow } = await import('./own-definitions.ts');
    await runShow(kind, id, flags, terminal);
  });
  withTeamApi(
    verbs
      .command('put')
      .description(`Write the ${noun} in a file: a new one, or in place of the one with its id.`)
      .requiredOption('-f, --file <path>', file),
  ).action(async (flags: PutFlags) => {
    const { runPut } = await import('./own-definitions.ts');
    await runPut(kind, flags, terminal);
  });
  withTeamApi(
    verbs.command('remove').description('Delete one that nothing needs.').argument(`<${noun}>`, 'id of it'),
  ).action(async (id: string, flags: CommonFlags) => {
    const { runRemove } = await import('./own-definitions.ts');
    await runRemove(kind, id, flags, terminal);
  });
}

function group(review: Command, name: string, description: string): Command {
  return review.command(name).description(description).helpCommand('help [verb]', 'show the help of a verb');
}
