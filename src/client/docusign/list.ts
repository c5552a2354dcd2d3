import type { CallOptions } from '../ask-provider.ts';
import { type DocusignAccount, envelopesPath } from './docusign-account.ts';
import type { DocusignEnvelope } from './docusign-envelope.ts';

export type DocusignFilter = {
  /** Whose status changed since then. */
  since: Date;
  /** A status, or several with commas between them. */
  status?: string;
  /** Envelopes a page; 100 unless given. */
  count?: number;
};

type Page = { envelopes?: DocusignEnvelope[]; resultSetSize: string | number; totalSetSize?: string | number };

/**
 * Envelopes of the account: GET /envelopes, page after page, each asked for when the loop comes to it. The same list
 * twice within 15 minutes is polling. What is made meanwhile moves the pages: none comes twice, but one may be missed. Names
 * of parameters and pages are those of DocuSign's own client.
 */
export async function* list(
  account: DocusignAccount,
  { since, status, count = 100 }: DocusignFilter,
  options?: CallOptions,
): AsyncGenerator<DocusignEnvelope, void, void> {
  const seen = new Set<string>();
  for (let start = 0; ; ) {
    const query = { from_date: since.toISOString(), status, count, start_position: start === 0 ? undefined : start };
    const request = { method: 'GET', path: envelopesPath(account), query, keys: ['resultSetSize'] } as const;
    const page = await account.ask.object<Page>('list', request, options);
    const envelopes = page.envelopes ?? [];
    for (const envelope of envelopes) {
      if (!seen.has(envelope.envelopeId)) yield envelope;
      seen.add(envelope.envelopeId);
    }
    start += envelopes.length;
    if (envelopes.length === 0 || start >= Number(page.totalSetSize ?? start)) return;
  }
}
