import { createHash } from 'node:crypto';

/** Where a sealed value belongs. It opens only with the same three, so that rows cannot be swapped. */
export type SealContext = { teamId: string; rowId: string; purpose: string };

/** AES-256-GCM throughout (NIST SP 800-38D): 96-bit random nonces, 128-bit tags. */
export const keySizeBytes = 32;
export const nonceSizeBytes = 12;
export const tagSizeBytes = 16;
const keyIdSizeBytes = 8;
const version = 1;

const sizes = [1, keyIdSizeBytes, nonceSizeBytes, keySizeBytes, tagSizeBytes, nonceSizeBytes, tagSizeBytes] as const;
const overheadBytes = sizes.reduce<number>((sum, size) => sum + size, 0);

/** The parts of a sealed value. `wrapped*` is the data key under the master key, the rest the value under the data key. */
export type SealedBlob = {
  keyId: Buffer;
  wrapNonce: Buffer;
  wrappedKey: Buffer;
  wrapTag: Buffer;
  nonce: Buffer;
  tag: Buffer;
  ciphertext: Buffer;
};

/**
 * Version 1, 97 bytes and the ciphertext, which is as long as the value:
 *
 *     0  version, 1 byte          9  nonce of the wrap, 12     53  tag of the wrap, 16    81  tag of the value, 16
 *     1  id of the master key, 8  21 wrapped data key, 32      69  nonce of the value, 12 97  ciphertext
 *
 * Re-wrapping replaces bytes 1 to 68 and leaves the value as it is.
 */
export function encodeSealedBlob(blob: SealedBlob): Buffer {
  const { keyId, wrapNonce, wrappedKey, wrapTag, nonce, tag, ciphertext } = blob;
  return Buffer.concat([Buffer.of(version), keyId, wrapNonce, wrappedKey, wrapTag, nonce, tag, ciphertext]);
}

/** The parts of a sealed value, as views into it; null when the bytes cannot be one. */
export function decodeSealedBlob(bytes: Buffer): SealedBlob | null {
  if (bytes.length < overheadBytes || bytes[0] !== version) return null;
  let offset = 1;
  const take = (size: number) => bytes.subarray(offset, (offset += size));
  return {
    keyId: take(keyIdSizeBytes),
    wrapNonce: take(nonceSizeBytes),
    wrappedKey: take(keySizeBytes),
    wrapTag: take(tagSizeBytes),
    nonce: take(nonceSizeBytes),
    tag: take(tagSizeBytes),
    ciphertext: bytes.subarray(offset),
  };
}

/** Names a master key without telling anything of it. */
export function masterKeyId(masterKey: Buffer): Buffer {
  return createHash('sha256')
    .update('posthorn/master-key-id/v1\0')
    .update(masterKey)
    .digest()
    .subarray(0, keyIdSizeBytes);
}

/** What the wrapped data key is bound to: the master key and the context. */
export function wrapAssociatedData(keyId: Buffer, context: SealContext): Buffer {
  return Buffer.concat([Buffer.from('posthorn/seal/v1/key\0'), keyId, contextBytes(context)]);
}

/** What the value is bound to: the context, and not the master key, so that it outlives a re-wrap. */
export function valueAssociatedData(context: SealContext): Buffer {
  return Buffer.concat([Buffer.from('posthorn/seal/v1/value\0'), contextBytes(context)]);
}

/** Each part behind its length, so that no two contexts read the same. */
function contextBytes({ purpose, teamId, rowId }: SealContext): Buffer {
  const parts = [purpose, teamId, rowId].flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(parts);
}
