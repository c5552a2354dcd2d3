import { pathId } from '../archive-names.rules.ts';
import type { ArchivePlan, CompletionEvent } from '../archive-plan.ts';
import type { Options } from '../provider-profile.ts';
import { textAt } from '../signature.rules.ts';

/**
 * DocuSign's eSignature API v2.1: all documents of an envelope as one PDF (`combined`), and its certificate of
 * completion (`certificate`). Every envelope has both, under these document ids.
 */
export const docusignArchivePlan: ArchivePlan = {
  provider: 'docusign',
  completionEvents: ['envelope-completed'],
  /**
   * Connect's own event says it. To ask again would be a call that DocuSign counts, and the application's next look at
   * the envelope within a quarter of an hour would be polling.
   */
  statusOf(event, options) {
    if (event.body !== undefined) return null;
    const path = envelopePath(event, options);
    return path === null ? null : { path };
  },
  isCompleted: (status) => textAt(status, 'status')?.toLowerCase() === 'completed',

  documentsOf(event, _status, options) {
    const path = envelopePath(event, options);
    if (path === null) return [];
    const common = { accept: 'application/pdf', format: 'pdf', optional: false } as const;
    return [
      { ...common, kind: 'signed', name: 'combined.pdf', path: `${path}/documents/combined` },
      { ...common, kind: 'certificate', name: 'certificate.pdf', path: `${path}/documents/certificate` },
    ];
  },
};

/** The account is the event's, else the connection's: without an event, its option `accountId` has to be set. */
function envelopePath(event: CompletionEvent, options: Options): string | null {
  const option = options['accountId'];
  const accountId = pathId(textAt(event.body, 'data', 'accountId') ?? (typeof option === 'string' ? option : null));
  const envelopeId = pathId(textAt(event.body, 'data', 'envelopeId') ?? event.subject);
  return accountId === null || envelopeId === null ? null : `/v2.1/accounts/${accountId}/envelopes/${envelopeId}`;
}
