import { createHash, createHmac, hash, type KeyObject } from 'node:crypto';

/** Signs `head` and the bytes behind it. */
export type HmacSha256 = (head: string, body: Buffer, encoding: 'base64' | 'hex') => string;

/** Of SHA-256: bytes that it takes at once, and that it gives. */
const blockBytes = 64;
const digestBytes = 32;
/** Longer messages are not copied: there, what making an object costs is nothing. */
const copiedMaxBytes = 16_384;

// Nothing waits between filling and hashing them, so one of each does.
const inner = Buffer.allocUnsafeSlow(blockBytes + copiedMaxBytes);
const outer = Buffer.allocUnsafeSlow(blockBytes + digestBytes);

/**
 * HMAC-SHA-256 (RFC 2104) as two hashes in one call each. Measured at two thirds of what `createHmac` costs for 1 kB, and without
 * an object that the garbage collector has to finalise.
 */
export function createHmacSha256(key: KeyObject): HmacSha256 {
  const bytes = key.export();
  const block = Buffer.alloc(blockBytes);
  (bytes.length > blockBytes ? createHash('sha256').update(bytes).digest() : bytes).copy(block);
  const innerPad = Buffer.from(block.map((byte) => byte ^ 0x36));
  const outerPad = Buffer.from(block.map((byte) => byte ^ 0x5c));
  return (head, body, encoding) => {
    // A character is three bytes of UTF-8 at most.
    if (head.length * 3 + body.length > copiedMaxBytes) {
      return createHmac('sha256', key).update(head).update(body).digest(encoding);
    }
    innerPad.copy(inner);
    const bodyAt = blockBytes + inner.write(head, blockBytes);
    body.copy(inner, bodyAt);
    outerPad.copy(outer);
    outer.write(hash('sha256', inner.subarray(0, bodyAt + body.length), 'binary'), blockBytes, 'latin1');
    return hash('sha256', outer, encoding);
  };
}
