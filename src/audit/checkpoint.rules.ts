import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { AuditHead } from './audit-entry.ts';
import { canonicalJson } from './canonical-json.rules.ts';

const format = 'posthorn-audit-checkpoint-1';
const domain = 'posthorn/audit-checkpoint/v1\0';

/**
 * The heads of chains at a moment. `number` and `previous` (the hash of the checkpoint before) are those of the stored ones,
 * which are over all chains; what is given to one team is over its chain alone, and has neither.
 */
export type Checkpoint = {
  format: typeof format;
  /** `all`, or the id of a team. */
  scope: string;
  number: number | null;
  previous: string | null;
  at: string;
  /** Which key signed. */
  key: string;
  heads: readonly AuditHead[];
};

/** `signature`: Ed25519 (RFC 8032) over the domain and the canonical JSON of all the rest, base64. */
export type SignedCheckpoint = Checkpoint & { signature: string };

export function checkpointOf(checkpoint: Omit<Checkpoint, 'format'>): Checkpoint {
  return { format, ...checkpoint };
}

/** What is signed, and hashed by the checkpoint that follows. */
export function checkpointText(checkpoint: Checkpoint): string {
  const { format: _, scope, number, previous, at, key, heads } = checkpoint;
  return canonicalJson({ format: checkpoint.format, scope, number, previous, at, key, heads });
}

/** Hex. */
export function checkpointHash(checkpoint: Checkpoint): string {
  return createHash('sha256').update(checkpointText(checkpoint), 'utf8').digest('hex');
}

export function signCheckpoint(checkpoint: Checkpoint, privateKey: KeyObject): SignedCheckpoint {
  const signature = sign(null, Buffer.from(domain + checkpointText(checkpoint), 'utf8'), privateKey);
  return { ...checkpoint, signature: signature.toString('base64') };
}

/** Whether this very checkpoint was signed with the other half of this key. */
export function isSignedWith(checkpoint: SignedCheckpoint, publicKey: KeyObject): boolean {
  const signed = Buffer.from(domain + checkpointText(checkpoint), 'utf8');
  return verify(null, signed, publicKey, Buffer.from(checkpoint.signature, 'base64'));
}

/** Names a public key: the first 16 hex digits of the SHA-256 of its DER (SubjectPublicKeyInfo). */
export function keyIdOf(publicKey: KeyObject): string {
  return keyIdOfDer(publicKey.export({ type: 'spki', format: 'der' }));
}

export function keyIdOfDer(der: Buffer): string {
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** An Ed25519 public key from PEM, or from the base64 of its DER. Null when it is none. */
export function readPublicKey(text: string): KeyObject | null {
  try {
    const trimmed = text.trim();
    const key = trimmed.startsWith('-----')
      ? createPublicKey(trimmed)
      : createPublicKey({ key: Buffer.from(trimmed, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** A checkpoint as it was exported; null when it is none. Its signature is not looked at. */
export function readCheckpoint(value: unknown): SignedCheckpoint | null {
  if (typeof value !== 'object' || value === null) return null;
  const { format: named, scope, number, previous, at, key, heads, signature } = value as Record<string, unknown>;
  if (named !== format || typeof scope !== 'string' || typeof at !== 'string' || typeof key !== 'string') return null;
  if (typeof signature !== 'string' || !isHeads(heads)) return null;
  if (number !== null && !Number.isSafeInteger(number)) return null;
  if (previous !== null && typeof previous !== 'string') return null;
  return { format, scope, number: number as number | null, previous, at, key, heads, signature };
}

function isHeads(value: unknown): value is AuditHead[] {
  return Array.isArray(value) && value.every(isHead);
}

function isHead(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { team, sequence, hash } = value as Record<string, unknown>;
  const isTeam = team === null || typeof team === 'string';
  return isTeam && Number.isSafeInteger(sequence) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
}
