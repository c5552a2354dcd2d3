import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** One place of the source, changed into a defect. `find` occurs exactly once in the file. */
export type Mutation = { file: string; find: string; replace: string };

export type MutatedCopy = { folder: string; remove(): Promise<void> };

/**
 * The release's source in a folder of its own with these defects, ready to be started.
 * @throws when a text is not there exactly once: the proof has to follow the source
 */
export async function mutatedCopy(mutations: readonly Mutation[]): Promise<MutatedCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'posthorn-mutated-')));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (const part of ['package.json', 'README.md', 'docs', 'src', 'readiness']) {
      await cp(join(root, part), join(folder, part), { recursive: true });
    }
    await symlink(await realpath(join(root, 'node_modules')), join(folder, 'node_modules'), 'dir');
    for (const [file, text] of await mutate(mutations)) await writeFile(join(folder, file), text);
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * The files that these change, as they are then.
 * @throws when a text is not there exactly once: the proof has to follow the source
 */
export async function mutate(mutations: readonly Mutation[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of mutations) {
    const text = texts.get(file) ?? (await readFile(join(root, file), 'utf8'));
    const found = text.split(find).length - 1;
    if (found !== 1) throw new Error(`${file} holds ${found} times, not once: ${find}`);
    texts.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return texts;
}
