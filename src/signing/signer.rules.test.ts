import { createHmac, createPublicKey, randomBytes, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { generateSecret, publicKeyOf } from './secret.rules.ts';
import { createSigner } from './signer.rules.ts';
import type { SigningScheme } from './signing-scheme.rules.ts';

const standard: SigningScheme = { scheme: 'standard-webhooks' };
const ed25519: SigningScheme = { scheme: 'standard-webhooks-ed25519' };
const hex: SigningScheme = { scheme: 'hmac-sha256-hex', header: 'X-Hub-Signature-256' };
const shared: SigningScheme = { scheme: 'shared-secret-header', header: 'X-Documenso-Secret' };

const published = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampSeconds: 1614265330,
  body: Buffer.from('{"test": 2432232314}'),
};
const identity = ['webhook-id', published.id, 'webhook-timestamp', '1614265330'];

function verifies(secret: string, headers: string[], body: Buffer): boolean {
  try {
    new Webhook(secret).verify(body.toString('utf8'), headersObject(headers), { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

function headersObject(flat: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) object[flat[index] ?? ''] = flat[index + 1] ?? '';
  return object;
}

/** A verifier of v1a by node:crypto alone, from the `whpk_` text that a receiver is given. */
function verifiesEd25519(publicKey: string, flat: readonly string[], body: Buffer): boolean {
  const headers = headersObject(flat);
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const content = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body]);
  const signatures = (headers['webhook-signature'] ?? '').split(' ').filter((one) => one.startsWith('v1a,'));
  return signatures.some((one) => verify(null, content, key, Buffer.from(one.slice(4), 'base64')));
}

function flipped(body: Buffer, bit: number): Buffer {
  const copy = Buffer.from(body);
  const index = Math.floor(bit / 8) % copy.length;
  copy[index] = (copy[index] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe('the published vectors', () => {
  it('of Standard Webhooks v1 come out', () => {
    const signer = createSigner(standard, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']);
    const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
    expect(signer.headersFor(published)).toEqual([...identity, 'webhook-signature', expected]);
  });

  it("of Standard Webhooks v1a come out, from the reference implementation's own test", () => {
    const signer = createSigner(ed25519, ['whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=']);
    const expected = 'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==';
    expect(signer.headersFor(published)).toEqual([...identity, 'webhook-signature', expected]);
  });

  it('of GitHub come out', () => {
    const headers = createSigner(hex, ["It's a Secret to Everybody"]).headersFor({
      ...published,
      body: Buffer.from('Hello, World!'),
    });
    const expected = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(headers).toEqual([...identity, 'X-Hub-Signature-256', expected]);
  });
});

describe('a standard-webhooks signer', () => {
  const now = () => Math.floor(Date.now() / 1000);

  it('signs what the standardwebhooks package verifies, and no other body', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.nat(),
        (key, text, bit) => {
          const secret = `whsec_${Buffer.from(key).toString('base64')}`;
          const body = Buffer.from(text);
          const headers = createSigner(standard, [secret]).headersFor({ id: 'evt_1', timestampSeconds: now(), body });
          expect(verifies(secret, headers, body)).toBe(true);
          expect(verifies(secret, headers, flipped(body, bit & ~7))).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('signs bytes that are no text as they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.nat(), (bytes, bit) => {
        const secret = generateSecret(standard, randomBytes);
        const body = Buffer.from(bytes);
        const signer = createSigner(standard, [secret]);
        const of = (content: Buffer) => signer.headersFor({ ...published, body: content }).at(-1);
        const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
        const content = Buffer.concat([Buffer.from(`${published.id}.${published.timestampSeconds}.`), body]);
        expect(of(body)).toBe(`v1,${createHmac('sha256', key).update(content).digest('base64')}`);
        expect(of(flipped(body, bit))).not.toBe(of(body));
      }),
    );
  });

  it('covers the id and the timestamp', () => {
    const signer = createSigner(standard, [generateSecret(standard, randomBytes)]);
    const all = [
      published,
      { ...published, id: 'msg_other' },
      { ...published, timestampSeconds: published.timestampSeconds + 1 },
    ].map((input) => signer.headersFor(input).at(-1));
    expect(new Set(all).size).toBe(3);
  });

  it('carries a signature of every secret while a rotation overlaps, newest first', () => {
    const secrets = [1, 2, 3].map(() => generateSecret(standard, randomBytes));
    const input = { id: 'evt_1', timestampSeconds: now(), body: Buffer.from('{}') };
    const headers = createSigner(standard, secrets).headersFor(input);
    const alone = secrets.map((secret) => createSigner(standard, [secret]).headersFor(input).at(-1));
    expect(headers.at(-1)).toBe(alone.join(' '));
    for (const secret of secrets) expect(verifies(secret, headers, input.body)).toBe(true);
    expect(verifies(generateSecret(standard, randomBytes), headers, input.body)).toBe(false);
  });
});

describe('a standard-webhooks-ed25519 signer', () => {
  it('signs what the public key verifies, and no other body', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, bit) => {
        const secret = generateSecret(ed25519, randomBytes);
        const body = Buffer.from(bytes);
        const headers = createSigner(ed25519, [secret]).headersFor({ ...published, body });
        const publicKey = publicKeyOf(secret) ?? '';
        expect(verifiesEd25519(publicKey, headers, body)).toBe(true);
        expect(verifiesEd25519(publicKey, headers, flipped(body, bit))).toBe(false);
      }),
    );
  });

  it('carries a signature of every key while a rotation overlaps', () => {
    const secrets = [generateSecret(ed25519, randomBytes), generateSecret(ed25519, randomBytes)];
    const headers = createSigner(ed25519, secrets).headersFor(published);
    for (const secret of secrets)
      expect(verifiesEd25519(publicKeyOf(secret) ?? '', headers, published.body)).toBe(true);
    const stranger = publicKeyOf(generateSecret(ed25519, randomBytes)) ?? '';
    expect(verifiesEd25519(stranger, headers, published.body)).toBe(false);
  });
});

describe('an hmac-sha256-hex signer', () => {
  // outpost 982: whoever moves here keeps the exact name of the signature header.
  it('sends the newest signature alone in its header and the older ones beside it', () => {
    const headers = headersObject(createSigner(hex, ['new', 'old', 'oldest']).headersFor(published));
    const of = (secret: string) => `sha256=${createHmac('sha256', secret).update(published.body).digest('hex')}`;
    expect(headers['X-Hub-Signature-256']).toBe(of('new'));
    expect(headers['X-Hub-Signature-256-previous']).toBe(`${of('old')} ${of('oldest')}`);
    expect(headers['webhook-id']).toBe(published.id);
  });

  it('writes the prefix that was asked for, and none when it is empty', () => {
    const of = (prefix: string) =>
      createSigner({ ...hex, prefix }, ['key'])
        .headersFor(published)
        .at(-1);
    expect(of('v0=')).toBe(`v0=${of('')}`);
    expect(of('')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('gives every body and every secret its own signature', () => {
    const secret = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(secret, fc.uint8Array({ minLength: 1 }), fc.nat(), (key, bytes, bit) => {
        const body = Buffer.from(bytes);
        const of = (text: string, content: Buffer) =>
          createSigner(hex, [text])
            .headersFor({ ...published, body: content })
            .at(-1);
        expect(of(key, body)).toBe(`sha256=${createHmac('sha256', key).update(body).digest('hex')}`);
        expect(of(key, flipped(body, bit))).not.toBe(of(key, body));
        expect(of(`${key.slice(0, 255)}~`, body) === of(key, body)).toBe(`${key.slice(0, 255)}~` === key);
      }),
    );
  });
});

describe('a shared-secret-header signer', () => {
  it('sends the newest secret and never an older one', () => {
    const headers = createSigner(shared, ['new secret', 'leaked secret']).headersFor(published);
    expect(headers).toEqual([...identity, 'X-Documenso-Secret', 'new secret']);
  });
});

describe('a signer is refused', () => {
  it.each<[string, SigningScheme, string[]]>([
    ['without a secret', standard, []],
    ['for a secret of another scheme', standard, ['whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=']],
    ['when one of the secrets is broken', hex, ['fine', 'line\nbreak']],
    ['for a header that would split the request', { ...shared, header: 'X-A: b\r\nX-B' }, ['secret']],
  ])('%s', (_about, scheme, secrets) => {
    expect(() => createSigner(scheme, secrets)).toThrow(TypeError);
  });

  it('without any of the secret in the error', () => {
    expect(() => createSigner(standard, ['whsec_PLANTED'])).toThrow(/^(?!.*PLANTED)/);
  });
});
