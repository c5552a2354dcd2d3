import { createPrivateKey, createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { SigningScheme } from './signing-scheme.rules.ts';

/** A usable secret, or why it is none. The problem never repeats any of the secret. */
export type ParsedSecret = { ok: true; key: KeyObject; text: string } | { ok: false; problem: string };

const hmacPrefix = 'whsec_';
const privatePrefix = 'whsk_';
const publicPrefix = 'whpk_';

/** RFC 8410: the fixed bytes before a raw Ed25519 seed in PKCS #8, and before a raw public key in SPKI. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiHeaderLength = 12;

/**
 * Reads a secret as its scheme writes it. Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes, or `whsk_` and
 * base64 of an Ed25519 seed (32 bytes, or 64 with the public key behind it, as libsodium has it). Other schemes take
 * 1 to 256 printable characters; in a header only ASCII, since HTTP carries nothing else safely.
 */
export function parseSecret(scheme: SigningScheme, secret: string): ParsedSecret {
  switch (scheme.scheme) {
    case 'standard-webhooks':
      return parseHmacSecret(secret);
    case 'standard-webhooks-ed25519':
      return parsePrivateKey(secret);
    case 'hmac-sha256-hex':
      if (!/^\P{C}{1,256}$/u.test(secret)) return refused('The secret must be 1 to 256 printable characters.');
      return { ok: true, key: createSecretKey(secret, 'utf8'), text: secret };
    case 'shared-secret-header':
      if (!/^(?=.{1,256}$)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret)) {
        return refused('The secret must be 1 to 256 printable ASCII characters, without a space at either end.');
      }
      return { ok: true, key: createSecretKey(secret, 'utf8'), text: secret };
  }
}

/** A new secret for the scheme. `randomBytes` gives that many bytes from a cryptographic source. */
export function generateSecret(scheme: SigningScheme, randomBytes: (size: number) => Buffer): string {
  const random = randomBytes(32);
  if (scheme.scheme === 'standard-webhooks') return hmacPrefix + random.toString('base64');
  if (scheme.scheme === 'standard-webhooks-ed25519') return privatePrefix + random.toString('base64');
  return random.toString('base64url');
}

/** The `whpk_` public key that receivers verify with, of a `whsk_` secret; null when the secret is none. */
export function publicKeyOf(secret: string): string | null {
  const parsed = parsePrivateKey(secret);
  return parsed.ok ? publicPrefix + rawPublicKey(parsed.key).toString('base64') : null;
}

function parseHmacSecret(secret: string): ParsedSecret {
  const bytes = decode(secret, hmacPrefix);
  if (typeof bytes === 'string') return refused(bytes);
  if (bytes.length < 24 || bytes.length > 64) {
    return refused(`The secret must be 24 to 64 bytes in base64 after ${hmacPrefix}; it has ${bytes.length}.`);
  }
  return { ok: true, key: createSecretKey(bytes), text: secret };
}

function parsePrivateKey(secret: string): ParsedSecret {
  if (secret.startsWith(publicPrefix)) {
    return refused(`This is a public key: signing needs the private key, which starts with ${privatePrefix}.`);
  }
  const bytes = decode(secret, privatePrefix);
  if (typeof bytes === 'string') return refused(bytes);
  if (bytes.length !== 32 && bytes.length !== 64) {
    return refused(
      `The key must be an Ed25519 seed of 32 bytes in base64 after ${privatePrefix}; it has ${bytes.length}.`,
    );
  }
  const der = Buffer.concat([pkcs8Header, bytes.subarray(0, 32)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  if (bytes.length === 64 && !rawPublicKey(key).equals(bytes.subarray(32))) {
    return refused('The second half of the key is not the public key of its first half.');
  }
  return { ok: true, key, text: secret };
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(spkiHeaderLength);
}

/** Strict, since receivers decode the same text with libraries that disagree about anything else. */
function decode(secret: string, prefix: string): Buffer | string {
  if (!secret.startsWith(prefix)) return `The secret must start with ${prefix}.`;
  const text = secret.slice(prefix.length);
  if (text.length > 128) return 'The secret is too long.';
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return bytes;
  return `What follows ${prefix} must be standard base64, with its padding and nothing else.`;
}

function refused(problem: string): ParsedSecret {
  return { ok: false, problem };
}
