import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliFailure } from '../failure.ts';

/** The private key that a client signs in with, in a file, and what the simulator checks it with. */
export type DemoKey = {
  path: string;
  publicKeyPem: string;
  /** Removes the file if it was made for this run alone. */
  remove(): Promise<void>;
};

/** Reads an RSA key, or makes one where there is none: in a folder of its own when no path is given. */
export async function openDemoKey(path: string | null): Promise<DemoKey> {
  if (path !== null) {
    const known = await readKey(path);
    const publicKeyPem = known ?? (await makeKey(path));
    return { path, publicKeyPem, remove: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-simulated-docusign-'));
  const made = join(folder, 'private-key.pem');
  const publicKeyPem = await makeKey(made);
  return { path: made, publicKeyPem, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Null: there is no such file. */
async function readKey(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT') return null;
    throw new CliFailure(`${path} cannot be read (${code})`, 'name an RSA private key with --private-key');
  }
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'rsa') return String(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  } catch {
    // Said below, without what the parser quotes.
  }
  throw new CliFailure(`${path} holds no RSA private key`, 'name another file, or one that is not there yet');
}

async function makeKey(path: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  try {
    await writeFile(path, privateKey, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliFailure(`${path} cannot be written (${code})`, 'name a file in a folder of yours with --private-key');
  }
  return publicKey;
}
