import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateSecret, parseSecret, publicKeyOf } from './secret.rules.ts';
import { secretHeaderNames, signingSchemeProblem } from './signing-scheme.rules.ts';
import type { SigningScheme } from './signing-scheme.rules.ts';

const standard: SigningScheme = { scheme: 'standard-webhooks' };
const ed25519: SigningScheme = { scheme: 'standard-webhooks-ed25519' };
const hex: SigningScheme = { scheme: 'hmac-sha256-hex', header: 'X-Signature' };
const shared: SigningScheme = { scheme: 'shared-secret-header', header: 'X-Secret' };
const every = [standard, ed25519, hex, shared];

const seed = 'VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=';
const ofSize = (size: number) => Buffer.alloc(size, 7).toString('base64');

function problemOf(scheme: SigningScheme, secret: string): string | null {
  const parsed = parseSecret(scheme, secret);
  return parsed.ok ? null : parsed.problem;
}

describe('a secret', () => {
  it.each<[string, SigningScheme, string]>([
    ['24 bytes', standard, `whsec_${ofSize(24)}`],
    ['64 bytes', standard, `whsec_${ofSize(64)}`],
    ['an Ed25519 seed', ed25519, `whsk_${seed}`],
    ['one character', hex, 'x'],
    ['256 characters', hex, 'x'.repeat(256)],
    ['letters beyond ASCII in a key', hex, 'schlüssel 🔑'],
    ['256 characters in a header', shared, 'x'.repeat(256)],
    ['spaces inside a header', shared, 'Bearer abc'],
  ])('of %s is taken', (_about, scheme, secret) => {
    expect(problemOf(scheme, secret)).toBeNull();
  });

  it.each<[string, SigningScheme, string, RegExp]>([
    ['nothing', standard, '', /start with whsec_/],
    ['no prefix', standard, ofSize(32), /start with whsec_/],
    ['23 bytes', standard, `whsec_${ofSize(23)}`, /24 to 64 bytes.*has 23/],
    ['65 bytes', standard, `whsec_${ofSize(65)}`, /24 to 64 bytes.*has 65/],
    ['missing padding', standard, `whsec_${ofSize(25).replaceAll('=', '')}`, /base64, with its padding/],
    ['the URL alphabet', standard, `whsec_${Buffer.alloc(24, 255).toString('base64url')}`, /standard base64/],
    ['a line break at the end', standard, `whsec_${ofSize(24)}\n`, /nothing else/],
    ['bits left over at the end', standard, `whsec_${ofSize(25).replace('w==', 'x==')}`, /base64/],
    ['very much text', standard, `whsec_${'A'.repeat(4000)}`, /too long/],
    ['a public key', ed25519, `whpk_${seed}`, /signing needs the private key/],
    ['an HMAC secret', ed25519, `whsec_${seed}`, /start with whsk_/],
    ['31 bytes', ed25519, `whsk_${ofSize(31)}`, /32 bytes.*has 31/],
    ['halves that do not belong together', ed25519, `whsk_${ofSize(64)}`, /not the public key/],
    ['nothing', hex, '', /1 to 256 printable/],
    ['257 characters', hex, 'x'.repeat(257), /1 to 256 printable/],
    ['a control character', hex, 'a\u0000b', /printable/],
    ['an unpaired surrogate', hex, 'a\ud800', /printable/],
    ['a line break', shared, 'a\r\nX-Other: b', /printable ASCII/],
    ['a line break at the end', shared, 'a\n', /printable ASCII/],
    ['letters beyond ASCII', shared, 'schlüssel', /printable ASCII/],
    ['a space at the end', shared, 'abc ', /space at either end/],
    ['257 characters', shared, 'x'.repeat(257), /1 to 256/],
  ])('of %s is refused for its scheme (%#)', (_about, scheme, secret, problem) => {
    expect(problemOf(scheme, secret)).toMatch(problem);
  });

  it('is never repeated in a problem', () => {
    fc.assert(
      fc.property(fc.constantFrom(...every), fc.stringMatching(/^[a-z0-9]{8,12}$/), (scheme, secret) => {
        const broken = `whsec_${secret}\u0007`;
        expect(problemOf(scheme, broken)).not.toContain(secret);
      }),
    );
  });

  it('that is generated fits its scheme, and no two are the same', () => {
    for (const scheme of every) {
      const [one, other] = [generateSecret(scheme, randomBytes), generateSecret(scheme, randomBytes)];
      expect(problemOf(scheme, one)).toBeNull();
      expect(one).not.toBe(other);
    }
  });
});

describe('an Ed25519 key pair', () => {
  it('has the public key of RFC 8032 section 7.1, test 1', () => {
    const secret = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const expected = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    expect(publicKeyOf(`whsk_${secret.toString('base64')}`)).toBe(`whpk_${expected.toString('base64')}`);
    const both = Buffer.concat([secret, expected]).toString('base64');
    expect(publicKeyOf(`whsk_${both}`)).toBe(`whpk_${expected.toString('base64')}`);
  });

  it('has no public key when the secret is of another kind', () => {
    expect(publicKeyOf(`whsec_${seed}`)).toBeNull();
  });
});

describe('a signing scheme', () => {
  it.each<[SigningScheme, RegExp]>([
    [{ ...hex, header: '' }, /HTTP header name/],
    [{ ...hex, header: 'X Signature' }, /HTTP header name/],
    [{ ...hex, header: 'X-Sig\r\nHost' }, /HTTP header name/],
    [{ ...hex, header: 'Content-Length' }, /another use/],
    [{ ...hex, header: 'Webhook-Signature' }, /another use/],
    [{ ...shared, header: 'posthorn-event-type' }, /another use/],
    [{ ...hex, header: 'X-Signature', prefix: 'sha256=\n' }, /prefix/],
    [{ ...hex, header: 'X-Signature', prefix: 'x'.repeat(33) }, /prefix/],
  ])('%o is refused', (scheme, problem) => {
    expect(signingSchemeProblem(scheme)).toMatch(problem);
  });

  it.each(every)('%o is taken', (scheme) => {
    expect(signingSchemeProblem(scheme)).toBeNull();
  });

  it('may carry its secret in the Authorization header', () => {
    expect(signingSchemeProblem({ ...shared, header: 'Authorization' })).toBeNull();
  });

  it('names the header that carries the secret itself, and no signature', () => {
    expect(every.map(secretHeaderNames)).toEqual([[], [], [], ['x-secret']]);
  });
});
