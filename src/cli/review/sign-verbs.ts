import type { Command } from 'commander';
import { withTeamApi } from '../api-options.ts';
import { collected } from '../option-values.ts';
import type { CommonFlags } from '../sources/open-team.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AttestFlags } from './attest-check.ts';
import type { ExportFlags } from './export-certificate.ts';
import type { SignFlags } from './sign-review.ts';
import type { VerifyBundleFlags } from './verify-bundle.ts';
import type { ApproveFlags, WaiveFlags } from './waive-check.ts';

const which = 'id or name; may be left out when there is one that is not closed';

/** The verbs by which people answer for a review, and those of its certificate. */
export function addSignVerbs(review: Command, terminal: Terminal): void {
  common(
    said(review.command('attest').description('Attest a check that nothing can measure.'))
      .argument('<check>', 'id of the check')
      .option('--text <text>', 'what was looked at, and when (several)', collected)
      .option('--link <url>', 'an https URL; #sha256=<hash> at its end binds what is there (several)', collected)
      .option('--file <path>', 'a file, which is stored (several)', collected)
      .option('--subject <id>', 'about which connection')
      .option('--note <text>', 'what else there is to say')
      .option('--until <when>', '30d or a date; else as long as results of the check are good'),
  ).action(async (check: string, flags: AttestFlags) => {
    const { runAttest } = await import('./attest-check.ts');
    await runAttest(check, flags, terminal);
  });
  common(
    said(review.command('confirm').description('Confirm what another member attested.')).argument(
      '<attestation>',
      'id of the attestation',
    ),
  ).action(async (id: string, flags: CommonFlags) => {
    const { runConfirm } = await import('./attest-check.ts');
    await runConfirm(id, flags, terminal);
  });
  common(
    said(review.command('waive').description('Ask for a waiver of a check that does not hold.'))
      .argument('<check>', 'id of the check')
      .requiredOption('--reason <text>', 'why it can wait')
      .requiredOption('--control <text>', 'what is done in its place until then')
      .requiredOption('--until <when>', 'how long: 30d or a date, 90 days at most')
      .option('--owner <member>', 'id or e-mail of who mends it meanwhile; else who asks')
      .option('--subject <id>', 'about which of its subjects')
      .option('--review <review>', which),
  ).action(async (check: string, flags: WaiveFlags) => {
    const { runWaive } = await import('./waive-check.ts');
    await runWaive(check, flags, terminal);
  });
  common(
    said(review.command('approve').description('Approve a waiver that another member asked for.'))
      .argument('<waiver>', 'id of the waiver')
      .option('--refuse', 'refuse it')
      .option('--review <review>', which),
  ).action(async (id: string, flags: ApproveFlags) => {
    const { runApprove } = await import('./waive-check.ts');
    await runApprove(id, flags, terminal);
  });
  common(
    said(review.command('sign').description('Sign a review for a duty that you are named for.'))
      .argument('<duty>', 'engineering, security, operations, product or quality')
      .argument('[review]', which)
      .option('--remark <text>', 'what there is to say'),
  ).action(async (duty: string, named: string | undefined, flags: SignFlags) => {
    const { runSign } = await import('./sign-review.ts');
    await runSign(duty, named, flags, terminal);
  });
  common(
    review
      .command('export')
      .description('Have the certificate of a review issued, and write it.')
      .argument('[review]', which)
      .option('-o, --out <folder>', 'where to', '.')
      .option('--html', 'the page to read as well')
      .option('--pdf', 'the PDF as well'),
  ).action(async (named: string | undefined, flags: ExportFlags) => {
    const { runExport } = await import('./export-certificate.ts');
    await runExport(named, flags, terminal);
  });
  review
    .command('verify')
    .description('Verify a certificate, anywhere and offline; exit 1 if anything is not as it was issued.')
    .argument('<path>', 'certificate.json, or the folder that it was exported to')
    .option('--key <key>', 'public key of the gateway: a file, the key, or its fingerprint')
    .option('--json', 'print the verdict as JSON')
    .action(async (path: string, flags: VerifyBundleFlags) => {
      const { runVerifyBundle } = await import('./verify-bundle.ts');
      process.exitCode = await runVerifyBundle(path, flags, terminal);
    });
}

function said(command: Command): Command {
  return command.option('-y, --yes', 'do not ask again');
}

function common(command: Command): Command {
  return withTeamApi(command, 'api key of a member (POSTHORN_KEY)');
}
