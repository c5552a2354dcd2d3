import { parseMasterKey } from '../sealing/master-key.ts';
import type { Parsed } from './settings.rules.ts';

const makeMasterKey = 'make one with: openssl rand -base64 32';
const makeOperatorKey = 'make one with: openssl rand -hex 32';

/** Master keys separated by commas or line ends: 32 bytes each in base64; the first seals, the others still open. */
export function parseMasterKeys(text: string): Parsed<readonly Buffer[]> {
  const keys: Buffer[] = [];
  for (const [index, part] of text
    .split(/[\s,]+/)
    .filter(Boolean)
    .entries()) {
    const parsed = parseMasterKey(part);
    if (!parsed.ok)
      return { ok: false, what: `key ${index + 1} ${withoutRemedy(parsed.problem)}`, remedy: makeMasterKey };
    if (keys.some((other) => other.equals(parsed.key))) {
      return { ok: false, what: `key ${index + 1} is there twice`, remedy: 'name each key once, the newest first' };
    }
    keys.push(parsed.key);
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
export const missingMasterKey = {
  what: 'is not set, and production needs a master key of its own',
  remedy: makeMasterKey,
};
export const missingOperatorKey = {
  what: 'is not set, and production needs an operator key of its own',
  remedy: makeOperatorKey,
};

/** The sealing module ends its sentence with how to make a key, which is said apart here. */
function withoutRemedy(problem: string): string {
  return problem.replace(/\.?\s*Make one with:.*$/, '').replace(/^The master key /, '');
}
