import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

/** How an endpoint's requests are signed, as the endpoint shows it under `signing`. */
export type SigningScheme =
  | { scheme: 'standard-webhooks' }
  | { scheme: 'standard-webhooks-ed25519' }
  | { scheme: 'hmac-sha256-hex'; header: string; prefix?: string }
  | { scheme: 'shared-secret-header'; header: string };

export type VerificationKey =
  | { kind: 'hmac'; key: KeyObject }
  | { kind: 'ed25519'; key: KeyObject }
  /** Only the hash of a shared secret is kept: hashes have one length, whatever the secret's is. */
  | { kind: 'shared'; digest: Buffer };

export type ParsedKeys = { ok: true; keys: readonly VerificationKey[] } | { ok: false; problem: string };

const hmacPrefix = 'whsec_';
const publicPrefix = 'whpk_';
const privatePrefix = 'whsk_';

/**
 * Reads a receiver's secrets as their scheme writes them; with several, a request is taken when any of them fits.
 * Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes (v1), or the public key, `whpk_` and base64 of 32 bytes (v1a).
 * A problem never repeats any of a secret.
 */
export function parseKeys(signing: SigningScheme, secrets: readonly string[]): ParsedKeys {
  if (secrets.length === 0) return { ok: false, problem: 'A secret is needed to verify with; none was given.' };
  if ('header' in signing ? !signing.header : !signing.scheme?.startsWith('standard-webhooks')) {
    return { ok: false, problem: 'The signing scheme needs its header: copy `signing` from the endpoint.' };
  }
  const keys: VerificationKey[] = [];
  for (const secret of secrets) {
    const key = typeof secret === 'string' ? parseKey(signing, secret) : 'A secret must be a string.';
    if (typeof key === 'string') return { ok: false, problem: key };
    keys.push(key);
  }
  return { ok: true, keys };
}

function parseKey(signing: SigningScheme, secret: string): VerificationKey | string {
  switch (signing.scheme) {
    case 'standard-webhooks':
    case 'standard-webhooks-ed25519':
      return secret.startsWith(publicPrefix) ? parsePublicKey(secret) : parseHmacKey(secret);
    case 'hmac-sha256-hex':
      return secret === '' ? 'The secret is empty.' : { kind: 'hmac', key: createSecretKey(secret, 'utf8') };
    case 'shared-secret-header':
      return secret === '' ? 'The secret is empty.' : { kind: 'shared', digest: sharedDigest(secret) };
    default:
      return 'The signing scheme is not known: copy `signing` from the endpoint.';
  }
}

/** What a shared secret is compared by. */
export function sharedDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function parseHmacKey(secret: string): VerificationKey | string {
  if (secret.startsWith(privatePrefix)) {
    return `This is a private key, which receivers should not hold: take the public one, which starts with ${publicPrefix}.`;
  }
  const bytes = decode(secret, hmacPrefix);
  if (bytes === null || bytes.length < 24 || bytes.length > 64) {
    return `The secret must be ${hmacPrefix} and base64 of 24 to 64 bytes, as it was shown when the endpoint was made.`;
  }
  return { kind: 'hmac', key: createSecretKey(bytes) };
}

function parsePublicKey(secret: string): VerificationKey | string {
  const bytes = decode(secret, publicPrefix);
  if (bytes?.length !== 32) return `The public key must be ${publicPrefix} and base64 of 32 bytes.`;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  return { kind: 'ed25519', key: createPublicKey({ format: 'jwk', key: jwk }) };
}

function decode(secret: string, prefix: string): Buffer | null {
  if (!secret.startsWith(prefix)) return null;
  const text = secret.slice(prefix.length);
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
