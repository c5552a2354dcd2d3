import type { Command } from 'commander';
import type { NewAuditKeyFlags } from './keys/new-audit-key.ts';
import type { KeyFlags } from './keys/open-keys.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn keys`. They work on the database itself, whether Posthorn runs or not. */
export function addKeyVerbs(keys: Command, terminal: Terminal): Command {
  common(keys.command('status').description('Show what each master key is needed for. Changes nothing.')).action(
    async (flags: KeyFlags) => {
      const { runKeyStatus } = await import('./keys/show-key-status.ts');
      process.exitCode = await runKeyStatus(flags, terminal);
    },
  );
  common(
    keys
      .command('rewrap')
      .description('Seal everything anew under the first master key, while nodes run; then the others can go.'),
  ).action(async (flags: KeyFlags) => {
    const { runKeyRewrap } = await import('./keys/rewrap-keys.ts');
    process.exitCode = await runKeyRewrap(flags, terminal);
  });
  common(
    keys
      .command('new-audit-key')
      .description('Have a new key sign the audit log, where the master key of the present one is lost.')
      .option('--replace <key>', 'the key that is to sign no more, as this verb shows it; only looks without'),
  ).action(async (flags: NewAuditKeyFlags) => {
    const { runNewAuditKey } = await import('./keys/new-audit-key.ts');
    process.exitCode = await runNewAuditKey(flags, terminal);
  });
  return keys;
}

function common(command: Command): Command {
  return command
    .option('--config <file>', 'JSON file of settings (POSTHORN_CONFIG)')
    .option('--data <folder>', 'data folder (POSTHORN_DATA, ./data)')
    .option('--json', 'print what was found as JSON');
}
