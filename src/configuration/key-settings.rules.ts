import type { Parsed } from './settings.rules.ts';

const makeMasterKey = "make one with: node -p \"require('crypto').randomBytes(32).toString('base64')\"";
const makeOperatorKey = "make one with: node -p \"require('crypto').randomBytes(32).toString('base64url')\"";

/** Master keys separated by commas or line ends: 32 bytes each in base64; the first seals, the others still open. */
export function parseMasterKeys(text: string): Parsed<readonly Buffer[]> {
  const keys: Buffer[] = [];
  for (const [index, part] of text
    .split(/[\s,]+/)
    .filter((each) => each !== '')
    .entries()) {
    const which = `key ${index + 1}`;
    const key = decode(part);
    if (key === null) return { ok: false, what: `${which} is not base64`, remedy: makeMasterKey };
    if (key.length !== 32) {
      return { ok: false, what: `${which} has ${key.length} bytes instead of 32`, remedy: makeMasterKey };
    }
    if (new Set(key).size < 8) return { ok: false, what: `${which} is not random`, remedy: makeMasterKey };
    if (keys.some((other) => other.equals(key))) {
      return { ok: false, what: `${which} is there twice`, remedy: 'name each key once, the newest first' };
    }
    keys.push(key);
  }
  if (keys.length === 0) return { ok: false, what: 'holds no key', remedy: makeMasterKey };
  return { ok: true, value: keys };
}

/** A key that fits into a Bearer header (RFC 6750 section 2.1) and, in production, cannot be guessed. */
export function parseOperatorKey(text: string, environment: 'development' | 'production'): Parsed<string> {
  if (!/^[\w.~+/-]+=*$/.test(text)) {
    return { ok: false, what: 'has characters that an Authorization header does not take', remedy: makeOperatorKey };
  }
  const least = environment === 'production' ? 32 : 8;
  if (text.length >= least) return { ok: true, value: text };
  return {
    ok: false,
    what: `has ${text.length} characters; ${environment} asks for ${least}`,
    remedy: makeOperatorKey,
  };
}

/** What production says when a key of its own is missing. */
export const missingMasterKey = { what: 'production needs a master key of its own', remedy: makeMasterKey };
export const missingOperatorKey = { what: 'production needs an operator key of its own', remedy: makeOperatorKey };

/** Base64 or base64url, padded or not; null when it is neither, where Node would skip what it does not know. */
function decode(text: string): Buffer | null {
  return /^[A-Za-z\d+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}
