import { fileAnswer, jsonAnswer } from '../answers.rules.ts';
import { isTrueAt, numberAt, objectsAt, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import { refuse } from './documenso-errors.rules.ts';
import { legacyJson } from './documenso-json.rules.ts';
import { currentBytes, type DocumensoState, type StoredEnvelope } from './documenso-state.rules.ts';
import { attempt, bodyOf, pageOf } from './v2-requests.rules.ts';
import { useTemplate } from './use-template.rules.ts';

/** v2 of the API: the older `/document` and `/template`, as far as clients still use them. */
export function legacyRoutes(state: DocumensoState): RouteTable {
  const { owner } = state;
  const demand = (id: string | number | null, type: 'DOCUMENT' | 'TEMPLATE'): StoredEnvelope => {
    const stored = state.find(String(id));
    return stored?.envelope.type === type ? stored : refuse('v2', 404, `There is no such ${type.toLowerCase()}`);
  };
  const list = (type: 'DOCUMENT' | 'TEMPLATE') => state.all().filter(({ envelope }) => envelope.type === type);

  return {
    'GET /document': (request) =>
      jsonAnswer(
        200,
        pageOf(request, list('DOCUMENT'), (each) => legacyJson(each, owner)),
      ),
    'GET /document/:documentId': (_request, { documentId = '' }) =>
      jsonAnswer(200, legacyJson(demand(documentId, 'DOCUMENT'), owner)),
    'GET /document/:documentId/download': ({ query }, { documentId = '' }) => {
      const stored = demand(documentId, 'DOCUMENT');
      const item = stored.items[0] ?? refuse('download', 404, 'The document has no file');
      const isOriginal = query.get('version') === 'original';
      return fileAnswer(
        'application/pdf',
        `${item.title}.pdf`,
        isOriginal ? item.original : currentBytes(stored, item),
      );
    },
    'POST /document/distribute': (request) => {
      const stored = demand(numberAt(bodyOf(request), 'documentId'), 'DOCUMENT');
      return jsonAnswer(
        200,
        legacyJson(
          attempt('v2', () => state.step(stored, 'sender', 'send', request.nowMs)),
          owner,
        ),
      );
    },
    'POST /document/delete': (request) => {
      state.delete(demand(numberAt(bodyOf(request), 'documentId'), 'DOCUMENT'));
      return jsonAnswer(200, { success: true });
    },
    'GET /template': (request) =>
      jsonAnswer(
        200,
        pageOf(request, list('TEMPLATE'), (each) => legacyJson(each, owner)),
      ),
    'GET /template/:templateId': (_request, { templateId = '' }) =>
      jsonAnswer(200, legacyJson(demand(templateId, 'TEMPLATE'), owner)),
    'POST /template/use': (request) => {
      const body = bodyOf(request);
      const made = useTemplate(state, demand(numberAt(body, 'templateId'), 'TEMPLATE'), {
        recipients: objectsAt(body, 'recipients'),
        externalId: textAt(body, 'externalId'),
        distribute: isTrueAt(body, 'distributeDocument'),
        nowMs: request.nowMs,
      });
      return jsonAnswer(200, legacyJson(made, owner));
    },
  };
}
