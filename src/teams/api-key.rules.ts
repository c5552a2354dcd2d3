import { hash } from 'node:crypto';

/**
 * An api key is `phk_<26 characters of its id>_<43 characters base64url>`: the secret part carries 256 bits, so its
 * plain SHA-256 digest can neither be searched nor be turned around, and a look-up by digest leaks nothing by time.
 */
const shape = /^phk_[0-7][0-9a-hjkmnp-tv-z]{25}_[A-Za-z0-9_-]{43}$/;

/** @param secretBytes 32 random bytes. */
export function formatApiKey(apiKeyId: string, secretBytes: Buffer): string {
  return `phk_${apiKeyId.slice(-26)}_${secretBytes.toString('base64url')}`;
}

export function looksLikeApiKey(text: string): boolean {
  return shape.test(text);
}

/** The SHA-256 digest of a bearer token, base64: what is compared and stored in place of the token. */
export function digestOfToken(token: string): string {
  return hash('sha256', token, 'base64');
}
