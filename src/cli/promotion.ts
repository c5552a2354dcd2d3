import type { Command } from 'commander';
import { withTeamApi } from './api-options.ts';
import { collected } from './option-values.ts';
import { addFreezeVerbs } from './promotion/freeze-verbs.ts';
import type { PromoteFlags } from './promotion/promote.ts';
import type { ResumeFlags, RollBackFlags } from './promotion/show-promotions.ts';
import type { CommonFlags } from './sources/open-team.ts';
import type { Terminal } from './terminal/terminal.ts';

/** `posthorn promote`. Its code is only loaded when it runs. */
export function withPromotion(promote: Command, terminal: Terminal): Command {
  return withTeamApi(promote)
    .argument('<review>', 'id of the review that it is promoted under')
    .argument('<connection>', 'id of the connection')
    .option('--base-url <url>', "where calls go, in place of the provider's own")
    .option('--self-hosted', "the host is none of the provider's")
    .option('-o, --option <name=value>', "an option of the provider's; may be given several times", collected)
    .option('--kind <kind>', 'kind of the credential; may be left out where there is one')
    .option('--credential <name>', 'name of the credential')
    .option('--field <name=value>', 'a field that is no secret; may be given several times', collected)
    .option('--secret-file <file>', 'where the secret is; - reads it from standard input')
    .option('--from-file <field=path>', 'read a field from a file where Posthorn runs', collected)
    .option('--from-env <field=name>', 'read a field from a variable where Posthorn runs', collected)
    .option('--from-command <field=words>', 'have Posthorn run a command for a field', collected)
    .option('--smoke-path <path>', 'a GET that does no harm, to try it with')
    .option('--smoke-endpoint <id>', 'the endpoint that gets a test event')
    .option('--promoter <user>', "the provider's user who promoted the key there")
    .option('--override <reason>', 'promote against the review or a freeze: for owners')
    .option('--no-wait', 'do not wait until it has ended')
    .action(async (review: string, connection: string, flags: PromoteFlags) => {
      const { runPromote } = await import('./promotion/promote.ts');
      process.exitCode = await runPromote(review, connection, flags, terminal);
    });
}

/** The verbs under `posthorn promotions`. */
export function addPromotionVerbs(promotions: Command, terminal: Terminal): Command {
  promotions.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  withTeamApi(promotions.command('list').description('List promotions, newest first.')).action(
    async (flags: CommonFlags) => {
      const { runList } = await import('./promotion/show-promotions.ts');
      await runList(flags, terminal);
    },
  );
  withTeamApi(
    promotions.command('show').description('Show a promotion, step by step.').argument('<promotion>', 'id of it'),
  ).action(async (promotion: string, flags: CommonFlags) => {
    const { runShow } = await import('./promotion/show-promotions.ts');
    await runShow(promotion, flags, terminal);
  });
  withTeamApi(
    promotions
      .command('roll-back')
      .description('Lead a connection back to where it led before.')
      .argument('<promotion>', 'id of it')
      .requiredOption('--reason <text>', 'why'),
  ).action(async (promotion: string, flags: RollBackFlags) => {
    const { runRollBack } = await import('./promotion/show-promotions.ts');
    await runRollBack(promotion, flags, terminal);
  });
  withTeamApi(
    promotions
      .command('resume')
      .description('Take a launch up again after its review was reopened, once it is passed and no limit is crossed.')
      .argument('<review>', 'id or name of the review')
      .requiredOption('--note <text>', 'what was found and done')
      .option('--override <reason>', 'although the review is not passed: for owners'),
  ).action(async (review: string, flags: ResumeFlags) => {
    const { runResume } = await import('./promotion/show-promotions.ts');
    await runResume(review, flags, terminal);
  });
  addFreezeVerbs(promotions, terminal);
  return promotions;
}
