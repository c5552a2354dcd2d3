import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const resolve = createRequire(import.meta.url).resolve;

/**
 * The JavaScript file behind a package's command, to be run by this same Node on any platform.
 * @throws when the package has no such command
 */
export function packageBin(packageName: string, command: string): string {
  const manifestPath = findManifest(packageName);
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { bin?: string | Record<string, string> };
  const relative = typeof bin === 'string' ? bin : bin?.[command];
  if (relative === undefined) throw new Error(`${packageName} has no command ${command}`);
  return join(dirname(manifestPath), relative);
}

/** Some packages export no package.json, so it is looked for where Node looks for packages. */
function findManifest(packageName: string): string {
  for (const folder of resolve.paths(packageName) ?? []) {
    const path = join(folder, packageName, 'package.json');
    try {
      readFileSync(path);
      return path;
    } catch {
      // Not in this folder; the next one up may hold it.
    }
  }
  throw new Error(`${packageName} is not installed: run npm ci`);
}
