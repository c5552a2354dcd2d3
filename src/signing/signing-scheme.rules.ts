import { isConnectionHeader } from '../egress/connection-header.rules.ts';

/** How an endpoint's requests prove where they come from. `header` keeps the spelling it was configured with. */
export type SigningScheme =
  | { scheme: 'standard-webhooks' }
  | { scheme: 'standard-webhooks-ed25519' }
  | { scheme: 'hmac-sha256-hex'; header: string; prefix?: string }
  | { scheme: 'shared-secret-header'; header: string };

/** What GitHub and most others write before the hex digits. */
export const defaultHexPrefix = 'sha256=';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const visibleAscii = /^(?:[\x21-\x7e]{0,32})$/;

/** Beside those of the connection: what Posthorn sets itself, or receivers trust for something else. */
const taken = new Set([
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'forwarded',
  'user-agent',
  'via',
]);
const takenPrefixes = ['webhook-', 'posthorn-', 'x-forwarded-'];

/** What is wrong with a scheme's header or prefix and what would be right, or null. */
export function signingSchemeProblem(scheme: SigningScheme): string | null {
  if (scheme.scheme === 'standard-webhooks' || scheme.scheme === 'standard-webhooks-ed25519') return null;
  if (!token.test(scheme.header)) return 'The signing header must be an HTTP header name of 1 to 100 characters.';
  const name = scheme.header.toLowerCase();
  if (isConnectionHeader(name) || taken.has(name) || takenPrefixes.some((prefix) => name.startsWith(prefix))) {
    return `The header ${name} has another use: choose one of your own, such as X-Signature.`;
  }
  if (scheme.scheme === 'hmac-sha256-hex' && !visibleAscii.test(scheme.prefix ?? defaultHexPrefix)) {
    return 'The prefix of the signature must be at most 32 visible ASCII characters without spaces.';
  }
  return null;
}

/**
 * The headers, in lower case, whose value must not be kept with an attempt. A signature is none of them: it reveals
 * nothing of its key, and is what a receiver's developer needs to see when verification fails.
 */
export function secretHeaderNames(scheme: SigningScheme): string[] {
  return scheme.scheme === 'shared-secret-header' ? [scheme.header.toLowerCase()] : [];
}

/** Where the signatures of older secrets go while a rotation overlaps, in the hmac-sha256-hex scheme. */
export function previousSignatureHeader(header: string): string {
  return `${header}-previous`;
}
