import { pathId } from '../archive-names.rules.ts';
import type { ArchivePlan, CompletionEvent, PlannedDocument } from '../archive-plan.ts';
import { textAt } from '../signature.rules.ts';

const received = 'document.received';

/**
 * GoRoute: a received document is downloaded; of a delivered transaction its own record is kept, which says that and when
 * it was delivered, and the document where the event or that record names one. Only transactions have a status.
 */
export const gorouteArchivePlan: ArchivePlan = {
  provider: 'goroute',
  completionEvents: ['transaction.delivered', received],
  statusOf(event) {
    const transactionId = event.type === received ? null : transactionIdOf(event);
    return transactionId === null ? null : { path: transactionPath(transactionId) };
  },
  isCompleted: (status) => textAt(status, 'status') === 'delivered',

  documentsOf(event, status) {
    const documentId = pathId(textAt(event.body, 'data', 'document_id') ?? textAt(status, 'document_id'));
    const documents: PlannedDocument[] =
      documentId === null
        ? []
        : [
            {
              kind: 'document',
              name: documentId,
              path: `/api/v1/documents/${documentId}/download`,
              accept: '*/*',
              format: 'any',
              optional: false,
            },
          ];
    const transactionId = event.type === received ? null : transactionIdOf(event);
    if (transactionId === null) return documents;
    const name = `${transactionId}.json`;
    const path = transactionPath(transactionId);
    const record = { kind: 'audit-log', name, path, accept: 'application/json', format: 'json' } as const;
    return [...documents, { ...record, optional: false }];
  },
};

function transactionPath(transactionId: string): string {
  return `/api/v1/transactions/${transactionId}`;
}

function transactionIdOf(event: CompletionEvent): string | null {
  return pathId(textAt(event.body, 'data', 'transaction_id') ?? event.subject);
}
