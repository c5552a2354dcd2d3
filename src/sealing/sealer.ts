import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SealError } from './seal-error.ts';
import {
  decodeSealedBlob,
  encodeSealedBlob,
  keySizeBytes,
  masterKeyId,
  nonceSizeBytes,
  tagSizeBytes,
  valueAssociatedData,
  wrapAssociatedData,
} from './sealed-blob.rules.ts';
import type { SealContext, SealedBlob } from './sealed-blob.rules.ts';

/** Seals and opens secrets at rest. All but `seal` throw a SealError for what they cannot read. */
export type Sealer = {
  /** Under the first master key and a data key of its own: no two results are the same. */
  seal(plaintext: string | Buffer, context: SealContext): Buffer;
  open(blob: Buffer, context: SealContext): Buffer;
  /** The same value under the first master key, or null when it is already. Only the data key is decrypted. */
  rewrap(blob: Buffer, context: SealContext): Buffer | null;
  /** The id of the master key that a blob is sealed under, 16 hex digits. */
  keyIdOf(blob: Buffer): string;
};

type MasterKey = { id: Buffer; key: KeyObject };
type Encrypted = { nonce: Buffer; ciphertext: Buffer; tag: Buffer };

const cipher = 'aes-256-gcm';

/**
 * Envelope encryption: each value under a data key of its own, the data key under a master key. The first of
 * `masterKeys` seals and all of them open. A set of keys that cannot be right is a TypeError.
 */
export function createSealer({ masterKeys }: { masterKeys: readonly Buffer[] }): Sealer {
  const keys = masterKeys.map(prepareMasterKey);
  const [first] = keys;
  if (first === undefined) throw new TypeError('Sealing needs at least one master key.');
  const byId = new Map(keys.map((key) => [key.id.toString('hex'), key]));
  if (byId.size !== keys.length) throw new TypeError('The same master key is given twice.');

  function wrap(dataKey: Buffer, context: SealContext, sealing: MasterKey) {
    const { nonce, ciphertext, tag } = encrypt(sealing.key, dataKey, wrapAssociatedData(sealing.id, context));
    return { keyId: sealing.id, wrapNonce: nonce, wrappedKey: ciphertext, wrapTag: tag };
  }

  function unwrap(blob: SealedBlob, context: SealContext): Buffer {
    const master = byId.get(blob.keyId.toString('hex'));
    if (master === undefined) {
      throw new SealError('unknown-key', `Sealed under master key ${blob.keyId.toString('hex')}, which was not given.`);
    }
    const wrapped = { nonce: blob.wrapNonce, ciphertext: blob.wrappedKey, tag: blob.wrapTag };
    return decrypt(master.key, wrapped, wrapAssociatedData(master.id, context));
  }

  return {
    seal(plaintext, context) {
      const dataKey = randomBytes(keySizeBytes);
      const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext;
      const value = encrypt(dataKey, bytes, valueAssociatedData(context));
      const sealed = encodeSealedBlob({ ...wrap(dataKey, context, first), ...value });
      dataKey.fill(0);
      return sealed;
    },
    open(bytes, context) {
      const blob = decodeOrThrow(bytes);
      const dataKey = unwrap(blob, context);
      try {
        return decrypt(dataKey, blob, valueAssociatedData(context));
      } finally {
        dataKey.fill(0);
      }
    },
    rewrap(bytes, context) {
      const blob = decodeOrThrow(bytes);
      if (blob.keyId.equals(first.id)) return null;
      const dataKey = unwrap(blob, context);
      const rewrapped = encodeSealedBlob({ ...blob, ...wrap(dataKey, context, first) });
      dataKey.fill(0);
      return rewrapped;
    },
    keyIdOf: (bytes) => decodeOrThrow(bytes).keyId.toString('hex'),
  };
}

function prepareMasterKey(bytes: Buffer): MasterKey {
  if (bytes.length !== keySizeBytes)
    throw new TypeError(`A master key has ${keySizeBytes} bytes, not ${bytes.length}.`);
  return { id: masterKeyId(bytes), key: createSecretKey(bytes) };
}

function decodeOrThrow(bytes: Buffer): SealedBlob {
  const blob = decodeSealedBlob(bytes);
  if (blob === null) throw new SealError('damaged', 'These bytes are no sealed value of a known version.');
  return blob;
}

function encrypt(key: KeyObject | Buffer, plaintext: Buffer, associatedData: Buffer): Encrypted {
  const nonce = randomBytes(nonceSizeBytes);
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagSizeBytes }).setAAD(associatedData);
  const ciphertext = Buffer.concat([encryption.update(plaintext), encryption.final()]);
  return { nonce, ciphertext, tag: encryption.getAuthTag() };
}

function decrypt(key: KeyObject | Buffer, { nonce, ciphertext, tag }: Encrypted, associatedData: Buffer): Buffer {
  const decryption = createDecipheriv(cipher, key, nonce, { authTagLength: tagSizeBytes }).setAAD(associatedData);
  decryption.setAuthTag(tag);
  try {
    return Buffer.concat([decryption.update(ciphertext), decryption.final()]);
  } catch {
    throw new SealError('damaged', 'The sealed value was changed, or it belongs to another row, team or purpose.');
  }
}
