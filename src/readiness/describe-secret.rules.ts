import { createHmac } from 'node:crypto';

/**
 * Secrets that stand in documentation and specifications: providers', Standard Webhooks' and our own. Whoever copied an
 * example has a secret that everybody knows.
 */
const published: ReadonlySet<string> = new Set([
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  'whsec_plJ3nmyCDGBKInavdOK15jsl',
  'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  "It's a Secret to Everybody",
  'correct horse battery staple',
  'a new secret',
  'Q0x5b1lqU2R1bGx5UmFuZG9tU2VjcmV0VmFsdWVzMTI',
  '324e3b0840f065eb51f3fd63231d0d33daa35d4ed10d27718839e81737065782',
]);

export type SecretShape = { fingerprint: string; sizeBytes: number; distinctBytes: number; isSample: boolean };

/**
 * What may be known of a secret.
 * @param key of the fingerprint: without it, a short secret could be guessed from its fingerprint.
 */
export function describeSecret(secret: string, key: Buffer): SecretShape {
  const bytes = bytesOf(secret);
  return {
    fingerprint: createHmac('sha256', key).update(secret).digest('base64url'),
    sizeBytes: bytes.length,
    distinctBytes: new Set(bytes).size,
    isSample: published.has(secret),
  };
}

/** Standard Webhooks writes base64 behind a prefix; hex digits are half a byte each; other text counts as it is. */
function bytesOf(secret: string): Buffer {
  const encoded = /^wh(?:sec|sk)_(.+)$/.exec(secret)?.[1];
  if (encoded !== undefined) return Buffer.from(encoded, 'base64');
  return /^(?:[0-9a-f]{2})+$/i.test(secret) ? Buffer.from(secret, 'hex') : Buffer.from(secret, 'utf8');
}
