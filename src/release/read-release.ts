import { existsSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from '../configuration/settings.rules.ts';
import { providerNames } from '../providers/registry.ts';
import { readInstalledFiles, readInstalledVersions } from './installed-files.ts';
import { judgeBuild, judgeManifest } from './judge-manifest.ts';
import type { ReleaseFacts, RunningRelease } from './release-facts.ts';

const bytesPerMb = 1024 * 1024;

/** Where the running Posthorn is installed, and whether as it is published or from a checkout. */
export const ownInstallation: { folder: string; code: 'dist' | 'src' } = {
  folder: fileURLToPath(new URL('../..', import.meta.url)),
  code: import.meta.url.endsWith('.ts') ? 'src' : 'dist',
};

export type ReleaseOptions = {
  installation: { folder: string; code: 'dist' | 'src' };
  /** Absolute; null: `release-manifest.json` in the installation. */
  manifestPath: string | null;
  /** The pipeline's; null when it is not known here. */
  publicKey: KeyObject | null;
  /** Automatic checks and drills that this release decides. */
  decides: readonly string[];
};

/** What the process may take: the least of the machine's and of a container's limit. */
function memoryMb(): number {
  const limit = process.constrainedMemory();
  return Math.floor((limit > 0 ? Math.min(limit, totalmem()) : totalmem()) / bytesPerMb);
}

/** Where the manifest of an installation is looked for. */
export function manifestPathOf({ installation, manifestPath }: Pick<ReleaseOptions, 'installation' | 'manifestPath'>) {
  return manifestPath ?? join(installation.folder, 'release-manifest.json');
}

/** Reads the manifest and looks at what runs: every file of it, as far as it was changed since the last look. */
export async function readRelease(options: ReleaseOptions): Promise<ReleaseFacts> {
  const running = await readRunning(options);
  const path = manifestPathOf(options);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'There is no manifest of this release.' : `The manifest cannot be read (${code}).`;
    return { running, verified: false, fault: { kind: 'absent', what, command: 'npm run manifest' } };
  }
  const verdict = judgeManifest(text, options.publicKey);
  if (!verdict.ok) return { running, verified: false, fault: verdict.fault };
  const fault = judgeBuild(verdict.manifest, running);
  if (fault !== null) return { running, verified: false, fault };
  return { running, verified: true, manifest: verdict.manifest };
}

async function readRunning({ installation, decides }: ReleaseOptions): Promise<RunningRelease> {
  const { folder, code } = installation;
  const { version, dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    dependencies?: Record<string, string>;
  };
  const { digest, catalogue, capabilities } = await readInstalledFiles(folder, code);
  const versions = await readInstalledVersions(folder, Object.keys(dependencies));
  return {
    version,
    code,
    digest,
    catalogueDigest: catalogue,
    capabilities,
    dependencies: Object.fromEntries(versions),
    node: process.versions.node,
    processors: availableParallelism(),
    memoryMb: memoryMb(),
    isInContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    hasSecurityPolicy: existsSync(join(folder, 'SECURITY.md')),
    providers: providerNames,
    settings: Object.keys(settings),
    decides,
  };
}
