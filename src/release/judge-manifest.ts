import type { KeyObject } from 'node:crypto';
import { readPublicKey } from '../audit/checkpoint.rules.ts';
import { findFormatFault } from './manifest-format.ts';
import type { ReleaseManifest, SignedManifest } from './manifest-schema.ts';
import { isSignedWith, readManifestText } from './manifest-text.rules.ts';
import type { ManifestFault, RunningRelease } from './release-facts.ts';

type ManifestVerdict = { ok: true; manifest: ReleaseManifest } | { ok: false; fault: ManifestFault };

const wrong = (what: string, command: string | null = null): ManifestVerdict => ({
  ok: false,
  fault: { kind: 'wrong', what, command },
});

/**
 * Whether a manifest is whole and signed by the pipeline. Without the pipeline's key nothing is trusted: the key inside
 * says only that the manifest was not changed since.
 */
export function judgeManifest(text: string, publicKey: KeyObject | null): ManifestVerdict {
  const read = readManifestText(text);
  if (!read.ok) return wrong(`The manifest ${read.what}.`);
  const fault = findFormatFault(read.value);
  if (fault !== null) return wrong(`The manifest is not of this format, at ${fault}.`);
  const signed = read.value as SignedManifest;
  const inside = readPublicKey(signed.publicKey);
  if (inside === null || !isSignedWith(read.value, inside)) {
    return wrong('The manifest was changed after it was signed.', 'posthorn release verify');
  }
  if (publicKey === null) {
    return {
      ok: false,
      fault: {
        kind: 'no-key',
        what: "The pipeline's public key is not set, so nobody can tell who signed the manifest.",
        command: 'POSTHORN_RELEASE_PUBLIC_KEY=<base64> posthorn up',
      },
    };
  }
  if (signed.signedBy === 'ephemeral') {
    return {
      ok: false,
      fault: {
        kind: 'ephemeral',
        what: 'The manifest was signed with a key made for it, not by the pipeline.',
        command: 'POSTHORN_RELEASE_KEY_FILE=<key> npm run manifest',
      },
    };
  }
  if (!isSignedWith(read.value, publicKey))
    return wrong("The manifest was signed with another key than the pipeline's.");
  const { signature: _, ...manifest } = signed;
  return { ok: true, manifest };
}

/** Whether a manifest is about what runs. Null when it is. */
export function judgeBuild(manifest: ReleaseManifest, running: RunningRelease): ManifestFault | null {
  const { build, version } = manifest;
  const digest = build[running.code];
  if (version !== running.version) {
    return { kind: 'wrong', what: `The manifest is of ${version}, and ${running.version} runs.`, command: null };
  }
  if (digest === null) {
    const what = `The manifest is of no build that runs from ${running.code}.`;
    return { kind: 'wrong', what, command: null };
  }
  if (digest !== running.digest) {
    return { kind: 'wrong', what: 'What is installed is not what was built: a file was changed.', command: null };
  }
  return null;
}
