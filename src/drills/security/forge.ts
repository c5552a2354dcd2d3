import { randomBytes } from 'node:crypto';
import { createSigner } from '../../signing/signer.rules.ts';
import type { SigningScheme } from '../../signing/signing-scheme.rules.ts';
import type { OutsideRequest } from '../stage.ts';

type Signed = OutsideRequest & { headers: Readonly<Record<string, string>>; body?: Uint8Array };

/** By which header an endpoint's requests are proven; in lower case. */
function proofHeader(signing: SigningScheme): string {
  return 'header' in signing ? signing.header.toLowerCase() : 'webhook-signature';
}

/** The same request as somebody makes it who has another secret. */
export function withForeignSecret(request: Signed, signing: SigningScheme): Signed {
  const id = request.headers['webhook-id'] ?? '';
  const timestampSeconds = Number(request.headers['webhook-timestamp']);
  const signer = createSigner(signing, [foreignSecret(signing)]);
  const flat = signer.headersFor({ id, timestampSeconds, body: Buffer.from(request.body ?? []) });
  const headers: Record<string, string> = { ...withoutProof(request, signing).headers };
  for (let index = 0; index + 1 < flat.length; index += 2)
    headers[(flat[index] as string).toLowerCase()] = flat[index + 1] as string;
  return { ...request, headers };
}

export function withoutProof(request: Signed, signing: SigningScheme): Signed {
  const proof = proofHeader(signing);
  const kept = Object.entries(request.headers).filter(([name]) => name !== proof && name !== `${proof}-previous`);
  return { ...request, headers: Object.fromEntries(kept) };
}

/** Signed true, and with another body. Means nothing where the secret itself comes along. */
export function withOtherBody(request: Signed): Signed {
  return { ...request, body: Buffer.concat([Buffer.from(request.body ?? []), Buffer.from(' ')]) };
}

function foreignSecret({ scheme }: SigningScheme): string {
  if (scheme === 'standard-webhooks') return `whsec_${randomBytes(32).toString('base64')}`;
  if (scheme === 'standard-webhooks-ed25519') return `whsk_${randomBytes(32).toString('base64')}`;
  return randomBytes(32).toString('base64url');
}
