import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';

/** Voids an envelope under way: PUT /envelopes/{envelopeId} with status `voided`. @param reason is told to recipients */
export async function voidEnvelope(
  account: DocusignAccount,
  envelopeId: string,
  reason: string,
  options?: CallOptions,
): Promise<void> {
  const json = { status: 'voided', voidedReason: reason };
  await account.ask.json('void', { method: 'PUT', path: envelopesPath(account, envelopeId), json }, options);
}
