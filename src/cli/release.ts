import type { Command } from 'commander';
import type { ReleaseFlags } from './release/open-release.ts';
import type { Terminal } from './terminal/terminal.ts';

/** The verbs under `posthorn release`. They read files of this installation, whether Posthorn runs or not. */
export function addReleaseVerbs(release: Command, terminal: Terminal): Command {
  release.helpCommand('help [verb]', 'show the help of a verb').usage('<verb> [options]');
  common(release.command('show').description('Show what the manifest says was measured of this release.')).action(
    async (flags: ReleaseFlags) => {
      const { runShow } = await import('./release/show-manifest.ts');
      await runShow(flags, terminal);
    },
  );
  common(
    release
      .command('verify')
      .description(
        'Verify the signature of the manifest, and that what is installed is what was built; exit 1 if not.',
      ),
  ).action(async (flags: ReleaseFlags) => {
    const { runVerify } = await import('./release/verify-manifest.ts');
    process.exitCode = await runVerify(flags, terminal);
  });
  return release;
}

function common(command: Command): Command {
  return command
    .option('--manifest <file>', 'the manifest (POSTHORN_RELEASE_MANIFEST, release-manifest.json)')
    .option('--public-key <key>', "the pipeline's key (POSTHORN_RELEASE_PUBLIC_KEY): a file, or its base64")
    .option('--config <file>', 'JSON file of settings (POSTHORN_CONFIG)')
    .option('--json', 'print it as JSON');
}
