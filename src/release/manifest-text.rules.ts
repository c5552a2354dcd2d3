import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson, type Json, toJson } from '../audit/canonical-json.rules.ts';
import type { ReleaseManifest } from './manifest-schema.ts';

const domain = 'posthorn/release-manifest/v1\0';

/** A manifest as text has one form: canonical JSON (RFC 8785) and a line feed. Any other byte is a change. */
type ManifestText = { ok: true; value: Record<string, Json> } | { ok: false; what: string };

/**
 * Signs with Ed25519 (RFC 8032) over a domain and the canonical JSON of everything but the signature.
 * @returns the text of the file
 */
export function signManifest(manifest: Omit<ReleaseManifest, 'publicKey'>, privateKey: KeyObject): string {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const content = { ...(toJson(manifest) as Record<string, Json>), publicKey };
  const signature = sign(null, signedBytes(content), privateKey).toString('base64');
  return `${canonicalJson({ ...content, signature })}\n`;
}

/** Reads the text and holds it to its one form, so that no byte can be changed unnoticed. Signatures are not looked at. */
export function readManifestText(text: string): ManifestText {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, what: 'is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false, what: 'is no manifest' };
  let canonical: string;
  try {
    canonical = `${canonicalJson(value as Json)}\n`;
  } catch {
    return { ok: false, what: 'is no JSON that can be signed' };
  }
  if (canonical !== text) return { ok: false, what: 'is not as it was written: it is no canonical JSON' };
  return { ok: true, value: value as Record<string, Json> };
}

/** Whether this very content was signed with the other half of the key. */
export function isSignedWith({ signature, ...content }: Record<string, Json>, publicKey: KeyObject): boolean {
  if (typeof signature !== 'string') return false;
  const bytes = Buffer.from(signature, 'base64');
  // Base64 has several spellings of the same bytes; one of them is the signature.
  if (bytes.toString('base64') !== signature || publicKey.asymmetricKeyType !== 'ed25519') return false;
  return verify(null, signedBytes(content), publicKey, bytes);
}

function signedBytes(content: Record<string, Json>): Buffer {
  return Buffer.from(domain + canonicalJson(content), 'utf8');
}

/** SHA-256 over the canonical list of paths with the digests of their content, hex. */
export function digestOfFiles(files: ReadonlyMap<string, string>): string {
  const pairs = [...files].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(canonicalJson(pairs)).digest('hex');
}
