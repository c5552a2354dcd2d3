import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';
import type { DocusignEnvelope } from './docusign-envelope.ts';

/** `status`: `created` for a draft, `sent` to send it at once. The rest as DocuSign's EnvelopeDefinition has it. */
export type EnvelopeDefinition = { status: 'created' | 'sent'; emailSubject?: string; [more: string]: unknown };

/** Makes an envelope: POST /envelopes. DocuSign names no idempotency key, so it is not repeated. */
export function createEnvelope(
  account: DocusignAccount,
  definition: EnvelopeDefinition,
  options?: CallOptions,
): Promise<DocusignEnvelope> {
  const request = { method: 'POST', path: envelopesPath(account), json: definition, keys: ['envelopeId'] } as const;
  return account.ask.object<DocusignEnvelope>('createEnvelope', request, options);
}
