import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';
import type { DocusignDocument } from './docusign-envelope.ts';

type Answer = { envelopeDocuments: DocusignDocument[] };

/** The documents of an envelope: GET /envelopes/{envelopeId}/documents. Twice within 15 minutes is polling. */
export async function documents(
  account: DocusignAccount,
  envelopeId: string,
  options?: CallOptions,
): Promise<DocusignDocument[]> {
  const path = envelopesPath(account, envelopeId, 'documents');
  const request = { method: 'GET', path, keys: ['envelopeDocuments'] } as const;
  return (await account.ask.object<Answer>('documents', request, options)).envelopeDocuments;
}
