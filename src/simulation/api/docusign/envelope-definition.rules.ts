import { readMultipart } from '../multipart.rules.ts';
import { idAt, type Loose, objectAt, objectsAt, readObject, textAt } from '../read-json.rules.ts';
import type { ServedRequest } from '../served.ts';
import { refuse } from './docusign-errors.rules.ts';
import type { DocusignTemplate } from './docusign-state.rules.ts';
import { type AskedFields, type PlanGaps, readAsked } from './plan.rules.ts';

export type EnvelopeDefinition = {
  status: 'created' | 'sent';
  emailSubject: string | null;
  files: readonly { documentId: string; name: string; pdf: Buffer }[];
  signers: readonly Loose[];
  carbonCopies: readonly Loose[];
  /** Beyond a plain envelope. */
  asked: AskedFields;
};

/**
 * What an envelope is to be made from: JSON with `documentBase64`, or multipart, whose first part is the JSON and whose
 * others say their `documentid` in Content-Disposition.
 */
export function readDefinition(
  request: ServedRequest,
  templates: readonly DocusignTemplate[],
  gaps: PlanGaps,
): EnvelopeDefinition {
  const contentType = request.headers.get('content-type') ?? '';
  const parts = contentType.startsWith('multipart/') ? readMultipart(request.body, contentType) : [];
  if (parts === null) return refuse(400, 'INVALID_MULTI_PART_REQUEST', 'The body is not whole.');
  const [first, ...uploads] = parts;
  const body = readObject(first?.body ?? request.body);
  if (body === null) return refuse(400, 'INVALID_REQUEST_BODY', 'The envelope definition is not JSON.');
  const status = textAt(body, 'status') ?? 'created';
  if (status !== 'created' && status !== 'sent') {
    return refuse(400, 'INVALID_REQUEST_PARAMETER', 'status is neither created nor sent.');
  }
  const template = templates.find(({ templateId }) => templateId === body['templateId']);
  if (template === undefined && textAt(body, 'templateId') !== null) {
    return refuse(400, 'TEMPLATE_ID_INVALID', 'There is no such template.');
  }
  const bytesOf = (document: Loose, id: string): Buffer | null => {
    const inline = textAt(document, 'documentBase64');
    if (inline !== null && inline !== '') return Buffer.from(inline, 'base64');
    return uploads.find(({ disposition }) => disposition.get('documentid') === id)?.body ?? null;
  };
  const given = objectsAt(body, 'documents').map((document, index) => {
    const documentId = idAt(document, 'documentId') ?? String(index + 1);
    const pdf = bytesOf(document, documentId);
    if (pdf === null) return refuse(400, 'NO_DOCUMENT_RECEIVED', `There are no bytes for document ${documentId}.`);
    return { documentId, name: textAt(document, 'name') ?? `Document ${documentId}`, pdf };
  });
  const recipients = objectAt(body, 'recipients');
  return {
    status,
    emailSubject: textAt(body, 'emailSubject'),
    files: template === undefined ? given : [{ documentId: '1', name: template.name, pdf: template.pdf }, ...given],
    signers: [...objectsAt(recipients, 'signers'), ...(template === undefined ? [] : objectsAt(body, 'templateRoles'))],
    carbonCopies: objectsAt(recipients, 'carbonCopies'),
    asked: readAsked(body, gaps),
  };
}
