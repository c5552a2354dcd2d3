import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';

/** As DocuSign's RecipientViewRequest has it; the recipient is the one of that `clientUserId`. */
export type RecipientView = {
  returnUrl: string;
  authenticationMethod: string;
  userName: string;
  email: string;
  clientUserId: string;
  [more: string]: unknown;
};

/** A URL for signing inside your application: POST …/views/recipient. Whoever has it can sign: keep it out of logs. */
export function recipientView(
  account: DocusignAccount,
  envelopeId: string,
  view: RecipientView,
  options?: CallOptions,
): Promise<{ url: string }> {
  const path = envelopesPath(account, envelopeId, 'views', 'recipient');
  return account.ask.object('recipientView', { method: 'POST', path, json: view, keys: ['url'] }, options);
}
