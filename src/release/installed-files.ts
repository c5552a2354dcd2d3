import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOfFiles } from './manifest-text.rules.ts';

/** What lies in an installation, by which it is told from any other. */
type InstalledFiles = {
  /** Over the code, the catalogue and package.json; null where there is no such folder. */
  digest: string | null;
  catalogue: string;
  /** Folders of the code, each a capability. */
  capabilities: string[];
};

/** Tests are part of no build. */
const isTest = /\.test\.[jt]s$/;

/**
 * Looks at what lies in an installation.
 * @param folder where package.json lies
 * @param code `dist` as it is published, `src` as it runs from a checkout
 */
export async function readInstalledFiles(folder: string, code: 'dist' | 'src'): Promise<InstalledFiles> {
  const files = await digestsUnder(folder, code);
  const catalogue = await digestsUnder(folder, 'readiness');
  const manifest = await digestsUnder(folder, 'package.json');
  const digest = files.size === 0 ? null : digestOfFiles(new Map([...files, ...catalogue, ...manifest]));
  return { digest, catalogue: digestOfFiles(catalogue), capabilities: capabilitiesOf([...files.keys()]) };
}

/** The version of each package that `names` has and that is installed there. */
export async function readInstalledVersions(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  for (const name of names) {
    try {
      const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
      versions.set(name, String((JSON.parse(text) as { version?: unknown }).version));
    } catch {
      // Hoisted to a folder above, or not for this platform: what cannot be read is not compared.
    }
  }
  return versions;
}

function capabilitiesOf(paths: readonly string[]): string[] {
  const folders = paths.flatMap((path) => {
    const [, capability, file] = path.split('/');
    return capability === undefined || file === undefined ? [] : [capability];
  });
  return [...new Set(folders)].sort();
}

async function digestsUnder(folder: string, name: string): Promise<Map<string, string>> {
  const paths = await filesUnder(join(folder, name));
  const digests = new Map<string, string>();
  for (const path of paths) {
    const named = relative(folder, path).replaceAll(sep, '/');
    if (isTest.test(named)) continue;
    digests.set(named, await digestOfFile(path));
  }
  return digests;
}

type Known = { ino: number; size: number; mtimeMs: number; ctimeMs: number; digest: string };
const known = new Map<string, Known>();

/** Read once, and again when it was changed: the file system notes that in ctime, which nobody sets. */
async function digestOfFile(path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(path);
  const before = known.get(path);
  const isSame = before?.ino === ino && before.size === size && before.mtimeMs === mtimeMs;
  if (isSame && before.ctimeMs === ctimeMs) return before.digest;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const digest = hash.digest('hex');
  known.set(path, { ino, size, mtimeMs, ctimeMs, digest });
  return digest;
}

async function filesUnder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
}
