import { type Command, InvalidArgumentError } from 'commander';
import { auditActionNames } from '../audit/audit-actions.rules.ts';
import { withApi, withTeam } from './api-options.ts';
import type { CommonFlags, ScopeFlags } from './audit/open-audit.ts';
import type { ListFlags } from './audit/show-entries.ts';
import type { VerifyFlags } from './audit/verify-audit-log.ts';
import { collected, wholeNumber } from './option-values.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn audit`. Their code is only loaded when one runs. */
export function addAuditVerbs(audit: Command, terminal: Terminal): Command {
  audit.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  scoped(list(audit)).action(async (flags: ListFlags) => {
    const { runList } = await import('./audit/show-entries.ts');
    await runList(flags, terminal);
  });
  scoped(
    audit
      .command('export')
      .description('Write the log as JSON lines that verify anywhere, without the database.')
      .requiredOption('-o, --output <path>', 'file to write, which must not be there'),
  ).action(async (flags: ScopeFlags & { output: string }) => {
    const { runExport } = await import('./audit/export-log.ts');
    await runExport(flags, terminal);
  });
  withApi(
    audit
      .command('checkpoint')
      .description('Print the newest checkpoint, to be kept where nobody who runs Posthorn can change it.'),
  ).action(async (flags: CommonFlags) => {
    const { runCheckpoint } = await import('./audit/show-checkpoint.ts');
    await runCheckpoint(flags, terminal);
  });
  withApi(
    audit
      .command('public-key')
      .description('Print the public key that checkpoints are signed for, to be kept likewise.'),
  ).action(async (flags: CommonFlags) => {
    const { runPublicKey } = await import('./audit/show-checkpoint.ts');
    await runPublicKey(flags, terminal);
  });
  verify(audit).action(async (flags: VerifyFlags) => {
    const { runVerify } = await import('./audit/verify-audit-log.ts');
    process.exitCode = await runVerify(flags, terminal);
  });
  return audit;
}

function list(audit: Command): Command {
  return audit
    .command('list')
    .description('List what was done, newest first. That it was read is on record too.')
    .option('--actor <id>', 'by this api key or member; or operator, command-line, posthorn')
    .option('--action <action>', 'this action, such as endpoint.created; docs/audit.md has them all', auditAction)
    .option('--target <id>', 'to this endpoint, source, key ...')
    .option('--since <time>', 'at or after, as 2026-11-01T00:00:00Z')
    .option('--until <time>', 'before')
    .option('--limit <n>', 'how many, at most', wholeNumber(1, 500), 50);
}

function verify(audit: Command): Command {
  return audit
    .command('verify')
    .description('Verify the log in the database itself, or an export anywhere; exit 1 if anything was tampered with.')
    .option('--export <file>', 'verify this export, without the database')
    .option('--checkpoint <file>', 'and against this checkpoint, which was kept elsewhere (several)', collected)
    .option('--public-key <key>', 'the key that signs checkpoints: a file, or its base64')
    .option('--config <file>', 'JSON file of settings (POSTHORN_CONFIG)')
    .option('--data <folder>', 'data folder (POSTHORN_DATA, ./data)')
    .option('--json', 'print the verdict as JSON');
}

function scoped(command: Command): Command {
  return withTeam(withApi(command)).option('--all', 'of every team and of the gateway itself: for the operator');
}

/** There are too many to be listed in the help. */
function auditAction(text: string): string {
  if (auditActionNames.some((name) => name === text)) return text;
  const [kind = ''] = text.split('.');
  const near = auditActionNames.filter((name) => name.startsWith(`${kind}.`));
  const remedy = near.length === 0 ? 'write one that docs/audit.md lists' : `of ${kind} there are ${near.join(', ')}`;
  throw new InvalidArgumentError(`${text} is no action; ${remedy}.`);
}
