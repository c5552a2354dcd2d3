import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsSecret, secretsIn } from './credential-echo.rules.ts';

describe('what is secret in a request', () => {
  test('is the value of each header of its credentials, with and without a scheme', () => {
    const secrets = secretsIn(['authorization', 'Bearer tokenvalue', 'x-api-key', 'keyvalue']);
    for (const secret of ['Bearer tokenvalue', 'tokenvalue', 'keyvalue']) expect(secrets).toContain(secret);
    expect(secrets).not.toContain('x-api-key');
  });

  test('is the password of Basic, which may have a colon in it', () => {
    const pair = Buffer.from('user:pass:word').toString('base64');
    const secrets = secretsIn(['authorization', `Basic ${pair}`]);
    for (const secret of [pair, 'user:pass:word', 'pass:word']) expect(secrets).toContain(secret);
    expect(secrets).not.toContain('user');
  });

  test('is nothing so short that it is in any text', () => {
    expect(secretsIn(['authorization', `Basic ${Buffer.from('user:abc').toString('base64')}`])).not.toContain('abc');
  });
});

const secret = fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme-ascii' });
const other = fc.string({ maxLength: 40 });

describe('an echo', () => {
  test('is seen wherever it stands, and however it is written', () => {
    fc.assert(
      fc.property(secret, other, other, (value, before, after) => {
        const echoes = [
          value,
          JSON.stringify({ any: value }),
          encodeURIComponent(value),
          new URLSearchParams({ any: value }).toString(),
          Buffer.from(value).toString('base64'),
        ];
        const secrets = secretsIn(['x-key', value]);
        for (const echo of echoes) expect(holdsSecret(before + echo + after, secrets)).toBe(true);
      }),
    );
  });

  test('is seen where it is cut off', () => {
    fc.assert(
      fc.property(secret, other, fc.nat(), (value, before, at) => {
        const cut = value.slice(0, 8 + (at % (value.length - 7)));
        expect(holdsSecret(before + cut, secretsIn(['x-key', value]))).toBe(true);
      }),
    );
  });

  test('is not seen in what has nothing of it', () => {
    const secrets = secretsIn(['authorization', 'Bearer tokenvalue']);
    expect(holdsSecret('{"id":"envelope_1","status":"SENT"}', secrets)).toBe(false);
    expect(holdsSecret('anything', [])).toBe(false);
    // Fewer than eight characters at the end are chance.
    expect(holdsSecret('a token', secrets)).toBe(false);
  });
});
