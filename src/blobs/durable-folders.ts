import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes folders whose names survive a power cut, and remembers which ones do. */
export type DurableFolders = {
  /** Resolves when the folder, which is the root or below it, is there and its name is on disk. */
  ensure(path: string): Promise<void>;
  /** Looks at every folder anew: some were removed. */
  forget(): void;
};

const mostRemembered = 4096;

/**
 * A folder that is found is made durable all the same, once: whoever made it may have died before it came to that.
 * Folders are made with mode 0700.
 */
export function createDurableFolders(root: string): DurableFolders {
  const known = new Map<string, Promise<void>>();

  function ensure(path: string): Promise<void> {
    const before = known.get(path);
    if (before !== undefined) return before;
    if (known.size >= mostRemembered) known.clear();
    const making = path === root ? makeRoot(root) : ensure(dirname(path)).then(() => make(path));
    known.set(path, making);
    making.catch(() => {
      if (known.get(path) === making) known.delete(path);
    });
    return making;
  }

  return {
    ensure,
    forget: () => known.clear(),
  };
}

async function makeRoot(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true, mode: 0o700 });
  if (first === undefined) {
    // The folder above an existing one need not be ours to read.
    await syncFolder(dirname(root)).catch(() => undefined);
    return;
  }
  for (let made = root; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await syncFolder(dirname(path));
}

/** Puts the names in a folder on disk. Windows cannot, and keeps them by itself. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
