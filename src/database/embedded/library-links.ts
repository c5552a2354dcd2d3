import { lstat, readFile, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * Makes the links between library names that a npm package cannot carry and that its install script makes where npm
 * lets it run. False when one is absent and cannot be made there.
 */
export async function ensureLibraryLinks(nativeFolder: string): Promise<boolean> {
  const listed = await readFile(join(nativeFolder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(listed) as { source: string; target: string }[]) {
    const name = join(dirname(nativeFolder), target);
    try {
      if (!(await exists(name))) await symlink(relative(dirname(target), source), name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}
