import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHmacSha256 } from './hmac-sha256.rules.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('HMAC-SHA-256', () => {
  // RFC 4231, test cases 1, 2, 3, 6 and 7.
  test.each([
    ['0b'.repeat(20), Buffer.from('Hi There'), 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
    [
      Buffer.from('Jefe').toString('hex'),
      Buffer.from('what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    ['aa'.repeat(20), hex('dd'.repeat(50)), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
    [
      'aa'.repeat(131),
      Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First'),
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    [
      'aa'.repeat(131),
      Buffer.from(
        'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
      ),
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    ],
  ])('is as published for the key %s', (key, message, expected) => {
    expect(createHmacSha256(createSecretKey(hex(key)))('', message, 'hex')).toBe(expected);
  });

  test('is what OpenSSL computes, for every key, head and length of body', () => {
    const lengths = fc.oneof(fc.nat({ max: 3_000 }), fc.integer({ min: 16_200, max: 16_500 }));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 80 }),
        lengths,
        fc.nat({ max: 255 }),
        fc.constantFrom('base64' as const, 'hex' as const),
        (key, head, length, byte, encoding) => {
          const body = Buffer.alloc(length, byte);
          const expected = createHmac('sha256', key).update(head).update(body).digest(encoding);
          expect(createHmacSha256(createSecretKey(key))(head, body, encoding)).toBe(expected);
        },
      ),
    );
  });

  test('keeps keys apart that are used in turn', () => {
    const keys = ['one', 'two'].map((key) => createSecretKey(key, 'utf8'));
    const [one, two] = keys.map(createHmacSha256);
    const body = Buffer.from('body');
    const first = one?.('head.', body, 'hex');
    two?.('another head.', Buffer.from('another body'), 'hex');
    expect(one?.('head.', body, 'hex')).toBe(first);
    expect(two?.('head.', body, 'hex')).not.toBe(first);
  });
});
