import { randomBytes } from 'node:crypto';
import type { Options } from '../providers/provider-profile.ts';

const secretBytes = 32;

/**
 * A secret of 256 bits where users make up their own; null where only the provider knows the value.
 * @param options of the source, every one of them.
 */
export function generateCredential(provider: string, kind: string, options: Options): string | null {
  return generators[`${provider} ${kind}`]?.(options) ?? null;
}

const plain = (): string => randomBytes(secretBytes).toString('base64url');

/** By provider and kind of credential. */
const generators: Readonly<Record<string, (options: Options) => string>> = {
  'documenso secret': plain,
  'github secret': plain,
  'goroute secret': plain,
  'generic secret': ({ scheme }) => (scheme === 'basic' ? `posthorn:${plain()}` : plain()),
  // Source: Standard Webhooks, "Signature scheme": base64 after whsec_, 24 to 64 bytes.
  'standard-webhooks secret': () => `whsec_${randomBytes(secretBytes).toString('base64')}`,
};
