import type { Command } from 'commander';
import { withTeamApi } from '../api-options.ts';
import type { CommonFlags } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AttestationsFlags } from './said.ts';
import type { WithdrawFlags } from './withdraw.ts';

const which = 'id or name; may be left out when there is one that is not closed';

/** The verbs that list what people said in a review, and the one that takes it back. */
export function addSaidVerbs(review: Command, terminal: Terminal): void {
  withTeamApi(
    review
      .command('attestations')
      .description('List what members attested, newest first.')
      .option('--check <id>', 'of this check'),
  ).action(async (flags: AttestationsFlags) => {
    const { runAttestations } = await import('./said.ts');
    await runAttestations(flags, terminal);
  });
  withTeamApi(
    review.command('waivers').description('List the waivers of a review.').argument('[review]', which),
  ).action(async (named: string | undefined, flags: CommonFlags) => {
    const { runWaivers } = await import('./said.ts');
    await runWaivers(named, flags, terminal);
  });
  withTeamApi(
    review
      .command('sign-offs')
      .description('List who signed a review, and why a signature does not count any more.')
      .argument('[review]', which),
  ).action(async (named: string | undefined, flags: CommonFlags) => {
    const { runSignOffs } = await import('./said.ts');
    await runSignOffs(named, flags, terminal);
  });
  withTeamApi(
    review
      .command('withdraw')
      .description('Take back an attestation, a waiver or a signature.')
      .argument('<id>', 'id of it, as attestations, waivers and sign-offs list it')
      .option('--review <review>', `of a waiver or a signature: ${which}`)
      .option('-y, --yes', 'do not ask again'),
    'api key of a member (POSTHORN_KEY)',
  ).action(async (id: string, flags: WithdrawFlags) => {
    const { runWithdraw } = await import('./withdraw.ts');
    await runWithdraw(id, flags, terminal);
  });
}
