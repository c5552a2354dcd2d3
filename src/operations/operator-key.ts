import { randomBytes } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const operatorKeyFile = 'operator-key';

/**
 * The operator key of a data folder: made on the first start, readable by its owner alone.
 * @returns the key, and whether it was made now and may be shown this once.
 * @throws when the file can be read by others or holds no key.
 */
export async function loadOrCreateOperatorKey(dataFolder: string): Promise<{ key: string; created: boolean }> {
  const path = join(dataFolder, operatorKeyFile);
  const made = `pho_${randomBytes(32).toString('base64url')}`;
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${made}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return { key: made, created: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(`others can read ${path}; run: chmod 600 ${path}`);
  }
  const key = (await readFile(path, 'utf8')).trim();
  if (key.length < 32) throw new Error(`${path} holds no operator key; delete it to have a new one made`);
  return { key, created: false };
}
