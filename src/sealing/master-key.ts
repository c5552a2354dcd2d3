import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A master key, or what is wrong and what to do. The problem never repeats any of the text. */
export type ParsedMasterKey = { ok: true; key: Buffer } | { ok: false; problem: string };

/** A master key from a file; `created` when this call made it. */
export type MasterKeyFile = { ok: true; key: Buffer; created: boolean } | { ok: false; problem: string };

const keySizeBytes = 32;
const largestFileBytes = 1024;
const makeOne = 'Make one with: openssl rand -base64 32';

/** Reads 32 bytes in base64 or base64url, padded or not, with white space around them. Refuses what is no random key. */
export function parseMasterKey(text: string): ParsedMasterKey {
  const trimmed = text.trim();
  if (trimmed === '') return refused(`The master key is empty. ${makeOne}`);
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return refused(`The master key looks like hex: it must be base64. ${makeOne}`);
  const body = trimmed
    .replace(/={1,2}$/, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  const key = Buffer.from(body, 'base64');
  if (key.toString('base64').replace(/=+$/, '') !== body) return refused(`The master key is not base64. ${makeOne}`);
  if (key.length !== keySizeBytes) {
    return refused(`The master key must be ${keySizeBytes} bytes in base64; it has ${key.length}. ${makeOne}`);
  }
  const weakness = weaknessOf(key);
  return weakness === null ? { ok: true, key } : refused(`The master key ${weakness}. ${makeOne}`);
}

/**
 * Reads the master key from a file, and makes the file on the first start: mode 0600, on disk before it has its name,
 * so that of several processes starting at once all read the one key. For development; a lost file means lost secrets.
 */
export async function loadOrCreateMasterKeyFile(path: string): Promise<MasterKeyFile> {
  try {
    const found = await readKeyFile(path);
    if (found !== null) return found;
    const created = await createKeyFile(path);
    return (
      (await readKeyFile(path, created)) ??
      refused(`The master key file ${path} leads nowhere, or vanished while it was read.`)
    );
  } catch (error) {
    return refused(`The master key file ${path} cannot be used (${codeOf(error)}): check the folder and its owner.`);
  }
}

/**
 * The keys that were given, or else the one in the file, which the first start makes.
 * @throws what is wrong with the file, with its remedy.
 */
export async function openMasterKeys(given: readonly Buffer[], path: string): Promise<readonly Buffer[]> {
  if (given.length > 0) return given;
  const file = await loadOrCreateMasterKeyFile(path);
  if (!file.ok) throw new Error(file.problem);
  return [file.key];
}

/** Checks the opened file and not its name, so that it cannot be exchanged in between. Null when there is none. */
async function readKeyFile(path: string, created = false): Promise<MasterKeyFile | null> {
  // Non-blocking, so that a pipe in its place is refused instead of waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (file === null) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return refused(`The master key file ${path} is not a regular file.`);
    if ((stats.mode & 0o077) !== 0) {
      const octal = (stats.mode & 0o777).toString(8).padStart(4, '0');
      return refused(`Others can read the master key file ${path} (mode ${octal}). Run: chmod 600 '${path}'`);
    }
    if (stats.size > largestFileBytes) return refused(`The master key file ${path} is too large to be one.`);
    const parsed = parseMasterKey(await file.readFile('utf8'));
    return parsed.ok ? { ...parsed, created } : refused(`${path}: ${parsed.problem}`);
  } finally {
    await file.close();
  }
}

/** True when this call made the file, false when another was first. */
async function createKeyFile(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(`${newKeyText()}\n`);
    await file.sync();
    // A link fails where the name is taken: exclusive creation, but of a file that is already whole.
    await link(draft, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

function newKeyText(): string {
  return randomBytes(keySizeBytes).toString('base64');
}

/** Without this the new name may be gone after a power cut, and with it the key of all that was sealed since. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What shows that a key was not drawn at random; each of these happens to a random key less than once in 10^13. */
function weaknessOf(key: Buffer): string | null {
  if (key.every((byte) => byte === 0)) return 'is all zero';
  if (new Set(key).size < 12) return 'repeats a few bytes and is not random';
  if (key.every((byte) => byte >= 0x20 && byte <= 0x7e)) return 'is readable text and not random';
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff;
  const counts = key.every((byte, index) => index === 0 || ((byte - (key[index - 1] ?? 0)) & 0xff) === step);
  if (counts) return 'counts up or down and is not random';
  const repeats = [...Array(16).keys()].some((period) => {
    return key.every((byte, index) => index <= period || byte === key[index - period - 1]);
  });
  return repeats ? 'repeats itself and is not random' : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function refused(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
