import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';
import type { DocusignEnvelope } from './docusign-envelope.ts';

/** One envelope: GET /envelopes/{envelopeId}. Twice within 15 minutes is polling: let the webhook tell. */
export function get(account: DocusignAccount, envelopeId: string, options?: CallOptions): Promise<DocusignEnvelope> {
  const path = envelopesPath(account, envelopeId);
  return account.ask.object<DocusignEnvelope>('get', { method: 'GET', path, keys: ['envelopeId', 'status'] }, options);
}
