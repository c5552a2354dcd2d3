import type { KeyObject } from 'node:crypto';
import { canonicalJson, type Json, toJson } from '../../audit/canonical-json.rules.ts';
import { digestOf } from '../../readiness/digest.rules.ts';
import type { CertificateParts, Manifest, PartName, Readings } from './certificate.rules.ts';
import { partNames } from './certificate.rules.ts';

/** The hash of each part. */
export function hashParts(parts: Readonly<Record<PartName, unknown>>): Record<PartName, string> {
  return Object.fromEntries(partNames.map((name) => [name, digestOf(parts[name])])) as Record<PartName, string>;
}

/** What is signed of a manifest. */
export function manifestText(manifest: unknown): string {
  return canonicalJson(toJson(manifest));
}

/** A certificate as it is handed out. There is one way to write it, so that every changed byte is found. */
export function writeBundle(bundle: {
  manifest: Manifest;
  parts: CertificateParts & Readings;
  publicKey: KeyObject;
  signature: string;
}): string {
  const publicKey = bundle.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return `${canonicalJson(toJson({ ...bundle, publicKey }))}\n`;
}

/** A bundle as it was read: JSON, and nothing else is known of it. */
export type ReadBundle = {
  manifest: unknown;
  parts: Readonly<Record<string, unknown>>;
  publicKey: string;
  signature: string;
};

/** @returns what is wrong, in words behind the name of the file, when the text is no bundle as it is written. */
export function readBundle(text: string): ReadBundle | string {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return 'is no JSON: it was cut off or changed, or is another file';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no certificate of a review';
  const { manifest, parts, publicKey, signature, ...rest } = value as Record<string, unknown>;
  if (typeof parts !== 'object' || parts === null || typeof publicKey !== 'string' || typeof signature !== 'string') {
    return 'is no certificate of a review: manifest, parts, publicKey and signature are not all there';
  }
  const [added] = Object.keys(rest);
  if (added !== undefined) return `has something that no certificate has: ${added}`;
  if (`${rewritten(value)}\n` !== text) return 'is not written as it was issued: bytes between its values changed';
  return { manifest, parts: parts as Record<string, unknown>, publicKey, signature };
}

function rewritten(value: Json): string | null {
  try {
    return canonicalJson(value);
  } catch {
    return null;
  }
}
