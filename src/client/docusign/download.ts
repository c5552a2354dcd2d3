import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';

/**
 * A document's bytes, as a Response whose body is a stream.
 * @param documentId of `documents`, or `combined` or `certificate`
 */
export function download(
  account: DocusignAccount,
  envelopeId: string,
  documentId: string,
  options?: CallOptions,
): Promise<Response> {
  const path = envelopesPath(account, envelopeId, 'documents', documentId);
  return account.ask.response('download', { method: 'GET', path, headers: { accept: '*/*' } }, options);
}
