import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readPublicKey } from '../../audit/checkpoint.rules.ts';
import { environmentWith, readReleaseConfig } from '../../config.ts';
import { ownInstallation, type ReleaseOptions } from '../../release/read-release.ts';
import { CliFailure } from '../failure.ts';

export type ReleaseFlags = { manifest?: string; publicKey?: string; config?: string; json?: true };

/** Where the manifest lies, and whose signature counts: what is given wins over what is configured. */
export async function openRelease(flags: ReleaseFlags): Promise<ReleaseOptions> {
  const given = flags.publicKey === undefined ? null : await readKey(flags.publicKey);
  const overrides = { POSTHORN_CONFIG: flags.config, POSTHORN_RELEASE_MANIFEST: flags.manifest };
  const { release, problems } = readReleaseConfig(environmentWith(overrides));
  const [problem] = problems;
  if (problem !== undefined) throw new CliFailure(`${problem.variable} ${problem.what}`, problem.remedy);
  return { installation: ownInstallation, ...release, publicKey: given ?? release.publicKey, decides: [] };
}

async function readKey(given: string): Promise<KeyObject> {
  const key = readPublicKey(await readFile(given, 'utf8').catch(() => given));
  if (key !== null) return key;
  throw new CliFailure(
    'the public key is no Ed25519 key, and no file that holds one',
    'ask who makes the releases for it',
  );
}
