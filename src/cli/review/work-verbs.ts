import type { Command } from 'commander';
import { withTeamApi } from '../api-options.ts';
import { collected, wholeNumber } from '../option-values.ts';
import type { CommonFlags } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { DiffFlags, ExplainFlags, ListFlags, StatusFlags } from './show-review.ts';
import type { AssignFlags, CommentFlags, CreateFlags } from './write-review.ts';

const which = 'id or name; may be left out when there is one that is not closed';

/** The verbs that work through reviews of a running Posthorn. */
export function addWorkVerbs(review: Command, terminal: Terminal): void {
  withTeamApi(
    review
      .command('create')
      .description('Begin a review of an integration against one or several checklists.')
      .argument('<name>', 'what it is about, for people to read')
      .requiredOption('--checklist <id>', 'hold it to this checklist (several)', collected)
      .option('--source <id>', 'with this source (several)', collected)
      .option('--endpoint <id>', 'with this endpoint (several)', collected)
      .option('--connection <id>', 'with this connection (several)', collected)
      .option('--answer <question=value>', 'what it has to do with, such as selfHosted=no (several)', collected)
      .option('--waivers <number>', 'how many waivers may stand at a time (3)', wholeNumber(0, 50)),
  ).action(async (name: string, flags: CreateFlags) => {
    const { runCreate } = await import('./write-review.ts');
    await runCreate(name, flags, terminal);
  });
  withTeamApi(review.command('list').description('List reviews.').option('--all', 'closed ones too')).action(
    async (flags: ListFlags) => {
      const { runList } = await import('./show-review.ts');
      await runList(flags, terminal);
    },
  );
  withTeamApi(
    judged(review.command('run').description('Measure a review; exit 1 if a blocker failed.')).argument(
      '[review]',
      which,
    ),
  ).action(async (named: string | undefined, flags: StatusFlags) => {
    const { runRun } = await import('./show-review.ts');
    process.exitCode = await runRun(named, flags, terminal);
  });
  withTeamApi(
    judged(review.command('status').description('Show how a review stands, without measuring.')).argument(
      '[review]',
      which,
    ),
  ).action(async (named: string | undefined, flags: StatusFlags) => {
    const { runStatus } = await import('./show-review.ts');
    process.exitCode = await runStatus(named, flags, terminal);
  });
  withTeamApi(
    review
      .command('explain')
      .description('Explain a check of a review: what was seen, why it matters, how to mend it.')
      .argument('<review>', 'id or name of the review')
      .argument('<check>', 'id of the check')
      .option('--subject <id>', 'of which of its subjects')
      .option('--run', 'measure it again first, this check alone'),
  ).action(async (named: string, check: string, flags: ExplainFlags) => {
    const { runExplain } = await import('./show-review.ts');
    await runExplain(named, check, flags, terminal);
  });
  withTeamApi(
    review
      .command('comment')
      .description('Comment on a review, or on one of its checks.')
      .argument('<review>', 'id or name of the review')
      .argument('<text>', 'what there is to say')
      .option('--check <id>', 'on this check')
      .option('--subject <id>', 'of which of its subjects'),
  ).action(async (named: string, text: string, flags: CommentFlags) => {
    const { runComment } = await import('./write-review.ts');
    await runComment(named, text, flags, terminal);
  });
  withTeamApi(
    review
      .command('assign')
      .description('Say who sees to a check, and until when.')
      .argument('<review>', 'id or name of the review')
      .argument('<check>', 'id of the check')
      .option('--to <member>', 'id or e-mail of the member')
      .option('--by <day>', 'until when, such as 2027-01-31')
      .option('--nobody', 'nobody any more')
      .option('--subject <id>', 'of which of its subjects'),
  ).action(async (named: string, check: string, flags: AssignFlags) => {
    const { runAssign } = await import('./write-review.ts');
    await runAssign(named, check, flags, terminal);
  });
  withTeamApi(
    review
      .command('history')
      .description('Show how a review stood whenever it was measured.')
      .argument('[review]', which),
  ).action(async (named: string | undefined, flags: CommonFlags) => {
    const { runHistory } = await import('./show-review.ts');
    await runHistory(named, flags, terminal);
  });
  withTeamApi(
    review
      .command('diff')
      .description('Show what stands otherwise: since it was measured last, or between two points in time.')
      .argument('[review]', which)
      .option('--from <place>', 'id of a snapshot, or a time')
      .option('--to <place>', 'id of a snapshot, or a time; otherwise now'),
  ).action(async (named: string | undefined, flags: DiffFlags) => {
    const { runDiff } = await import('./show-review.ts');
    await runDiff(named, flags, terminal);
  });
}

function judged(command: Command): Command {
  return command
    .option('--all', 'every check that does not hold, not the first fifteen')
    .option('--gate', 'exit 1 unless the review passed')
    .option('--junit <file>', 'write JUnit XML there as well');
}
