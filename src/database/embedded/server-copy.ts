import { chmod, copyFile, mkdir, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';

type Entry = { path: string; kind: 'folder' | 'file' | 'link' };

/**
 * Copies the server's programs to `<target>/native`, readable for everyone, and returns that folder. A complete copy
 * is kept; one that lost files (temporary folders are swept by the system) is replaced in one step.
 */
export async function copyServer(nativeFolder: string, target: string): Promise<string> {
  const copy = join(target, 'native');
  const entries = await listServer(nativeFolder);
  if (await isComplete(nativeFolder, copy, entries)) return copy;
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await makeFolder(dirname(target));
  await makeFolder(draft);
  await makeFolder(join(draft, 'native'));
  for (const entry of entries)
    await copyEntry(join(nativeFolder, entry.path), join(draft, 'native', entry.path), entry);
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
  return copy;
}

async function listServer(nativeFolder: string): Promise<Entry[]> {
  const found = await readdir(nativeFolder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.name.endsWith('.a') && basename(entry.parentPath) !== 'pkgconfig')
    .map((entry): Entry => {
      const path = join(relative(nativeFolder, entry.parentPath), entry.name);
      return { path, kind: entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'file' };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function isComplete(nativeFolder: string, copy: string, entries: Entry[]): Promise<boolean> {
  try {
    for (const { path, kind } of entries) {
      if (kind !== 'file') continue;
      const [wanted, got] = await Promise.all([stat(join(nativeFolder, path)), stat(join(copy, path))]);
      if (wanted.size !== got.size) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function copyEntry(from: string, to: string, { kind }: Entry): Promise<void> {
  if (kind === 'folder') return await makeFolder(to);
  if (kind === 'link') return await symlink(await readlink(from), to);
  await copyFile(from, to);
  const { mode } = await stat(from);
  await chmod(to, (mode & 0o100) === 0 ? 0o644 : 0o755);
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}
