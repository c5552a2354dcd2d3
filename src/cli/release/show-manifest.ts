import { readFile } from 'node:fs/promises';
import { readPublicKey } from '../../audit/checkpoint.rules.ts';
import { findFormatFault } from '../../release/manifest-format.ts';
import type { SignedManifest } from '../../release/manifest-schema.ts';
import { isSignedWith, readManifestText } from '../../release/manifest-text.rules.ts';
import { manifestPathOf } from '../../release/read-release.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { openRelease, type ReleaseFlags } from './open-release.ts';
import { renderManifest } from './render-release.rules.ts';

/** Shows a manifest that is whole, whoever signed it: `posthorn release verify` says whether that was the pipeline. */
export async function runShow(flags: ReleaseFlags, terminal: Terminal): Promise<void> {
  const path = manifestPathOf(await openRelease(flags));
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name the manifest with --manifest');
  });
  const read = readManifestText(text);
  if (!read.ok) throw new CliFailure(`${path} ${read.what}`, 'fetch it again from where the release came from');
  const key = typeof read.value['publicKey'] === 'string' ? readPublicKey(read.value['publicKey']) : null;
  if (findFormatFault(read.value) !== null || key === null || !isSignedWith(read.value, key)) {
    throw new CliFailure(
      `${path} was changed, or is of another format`,
      'fetch it again from where the release came from',
    );
  }
  if (flags.json === true) terminal.out(JSON.stringify(read.value, null, 2));
  else for (const line of renderManifest(read.value as SignedManifest, terminal)) terminal.out(line);
}
