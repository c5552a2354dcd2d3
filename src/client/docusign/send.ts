import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';

/** Sends a draft: PUT /envelopes/{envelopeId} with status `sent`. */
export async function send(account: DocusignAccount, envelopeId: string, options?: CallOptions): Promise<void> {
  const request = { method: 'PUT', path: envelopesPath(account, envelopeId), json: { status: 'sent' } } as const;
  await account.ask.json('send', request, options);
}
