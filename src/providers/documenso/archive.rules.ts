import { fileName, pathId } from '../archive-names.rules.ts';
import type { ArchivePlan, CompletionEvent, PlannedDocument } from '../archive-plan.ts';
import { textAt } from '../signature.rules.ts';

/**
 * Documenso's API v2: the items of an envelope, its certificate and its audit log, each a PDF. `version=signed` answers
 * with the current bytes of an envelope that is pending, so its status is asked for first.
 */
export const documensoArchivePlan: ArchivePlan = {
  provider: 'documenso',
  completionEvents: ['DOCUMENT_COMPLETED'],
  statusOf(event) {
    const envelopeId = envelopeIdOf(event);
    return envelopeId === null ? null : { path: `/api/v2/envelope/${envelopeId}` };
  },
  isCompleted: (status) => textAt(status, 'status') === 'COMPLETED',

  documentsOf(event, status) {
    const envelopeId = envelopeIdOf(event);
    const items = itemsOf(status);
    if (envelopeId === null || items.length === 0) return [];
    const titles = items.map(({ title }) => title);
    const signed = items.map(({ id, title }) => ({
      ...pdf,
      kind: 'signed' as const,
      name: fileName(titles.indexOf(title) === titles.lastIndexOf(title) ? title : `${title ?? ''} ${id}`, id, '.pdf'),
      path: `/api/v2/envelope/item/${id}/download?version=signed`,
    }));
    return [
      ...signed,
      {
        ...pdf,
        optional: true,
        kind: 'certificate',
        name: 'certificate.pdf',
        path: `/api/v2/envelope/${envelopeId}/certificate/download`,
      },
      {
        ...pdf,
        optional: true,
        kind: 'audit-log',
        name: 'audit-log.pdf',
        path: `/api/v2/envelope/${envelopeId}/audit-log/download`,
      },
    ];
  },
};

const pdf = { accept: 'application/pdf', format: 'pdf', optional: false } as const satisfies Partial<PlannedDocument>;

/** Before 2.13 events name no envelope, and their subject is `document:<number>`: version 2 cannot be asked for that. */
function envelopeIdOf(event: CompletionEvent): string | null {
  return pathId(textAt(event.body, 'payload', 'envelopeId') ?? event.subject);
}

function itemsOf(status: unknown): { id: string; title: string | null }[] {
  const list = typeof status === 'object' && status !== null && 'envelopeItems' in status ? status.envelopeItems : null;
  if (!Array.isArray(list)) return [];
  return (list as unknown[]).flatMap((item) => {
    const id = pathId(textAt(item, 'id'));
    return id === null ? [] : [{ id, title: textAt(item, 'title') }];
  });
}
