import { randomBytes } from 'node:crypto';

const secretBytes = 32;

/** A secret of 256 bits where users make up their own; null where only the provider knows the value. */
export function generateCredential(provider: string, kind: string): string | null {
  return generators[`${provider} ${kind}`]?.() ?? null;
}

const plain = (): string => randomBytes(secretBytes).toString('base64url');

/** By provider and kind of credential. */
const generators: Readonly<Record<string, () => string>> = {
  'documenso secret': plain,
  'generic secret': plain,
  // Source: Standard Webhooks, "Signature scheme": base64 after whsec_, 24 to 64 bytes.
  'standard-webhooks secret': () => `whsec_${randomBytes(secretBytes).toString('base64')}`,
};
