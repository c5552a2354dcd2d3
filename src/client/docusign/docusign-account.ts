import type { AskProvider } from '../ask-provider.ts';
import { pathSegment } from '../connection-url.rules.ts';

/** DocuSign asked for one account. */
export type DocusignAccount = { ask: AskProvider; accountId: string };

/** The path of the account's envelopes, or of what `parts` name below it. */
export function envelopesPath({ accountId }: DocusignAccount, ...parts: string[]): string {
  return ['/v2.1/accounts', pathSegment(accountId), 'envelopes', ...parts.map(pathSegment)].join('/');
}
