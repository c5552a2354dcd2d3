import { createHmac, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import type { SigningScheme } from '../../signing/signing-scheme.rules.ts';

/** A request as a receiver gets it; header names in lower case. */
export type ReceivedMessage = { headers: Readonly<Record<string, string>>; body: Uint8Array };

/** RFC 8410: what stands before the 32 bytes of an Ed25519 seed in PKCS #8. */
const ed25519Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Whether the secret makes one of the signatures of a request. Written from the published schemes alone (docs/signatures.md),
 * without the code that signs.
 */
export function fits(message: ReceivedMessage, signing: SigningScheme, secret: string): boolean {
  const { headers } = message;
  switch (signing.scheme) {
    case 'standard-webhooks': {
      const digest = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
      return given(headers['webhook-signature']).includes(
        `v1,${digest.update(signedContent(message)).digest('base64')}`,
      );
    }
    case 'standard-webhooks-ed25519': {
      const key = publicKeyOf(secret);
      return given(headers['webhook-signature']).some(
        (one) =>
          one.startsWith('v1a,') && verify(null, signedContent(message), key, Buffer.from(one.slice(4), 'base64')),
      );
    }
    case 'hmac-sha256-hex': {
      const header = signing.header.toLowerCase();
      const hex = (signing.prefix ?? 'sha256=') + createHmac('sha256', secret).update(message.body).digest('hex');
      return headers[header] === hex || given(headers[`${header}-previous`]).includes(hex);
    }
    case 'shared-secret-header':
      return headers[signing.header.toLowerCase()] === secret;
  }
}

function given(header: string | undefined): string[] {
  return (header ?? '').split(' ').filter((one) => one !== '');
}

/** Standard Webhooks 1.0.0: `{id}.{timestamp}.{body}`. */
function signedContent({ headers, body }: ReceivedMessage): Buffer {
  return Buffer.concat([Buffer.from(`${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.`), body]);
}

function publicKeyOf(secret: string): ReturnType<typeof createPublicKey> {
  const seed = Buffer.from(secret.slice('whsk_'.length), 'base64').subarray(0, 32);
  return createPublicKey(createPrivateKey({ key: Buffer.concat([ed25519Prefix, seed]), format: 'der', type: 'pkcs8' }));
}
