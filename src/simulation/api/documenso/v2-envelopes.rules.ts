import { jsonAnswer } from '../answers.rules.ts';
import { isObject, isTrueAt, type Loose, objectAt, objectsAt, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import { refuse } from './documenso-errors.rules.ts';
import { envelopeJson, invitationJson, wholeEnvelopeJson } from './documenso-json.rules.ts';
import type { DocumensoState, StoredEnvelope } from './documenso-state.rules.ts';
import { copyOf, useTemplate } from './use-template.rules.ts';
import { attempt, bodyOf, demandEnvelope, demandText, formOf, metaOf, pageOf } from './v2-requests.rules.ts';

/** v2 of the API: envelopes as a whole. */
export function envelopeRoutes(state: DocumensoState): RouteTable {
  const { owner } = state;
  const named = (body: Loose): StoredEnvelope => demandEnvelope(state, demandText(body, 'envelopeId'));
  const invitations = ({ envelope }: StoredEnvelope, origin: string): object[] =>
    envelope.recipients.map((each) => invitationJson(each, origin));
  const send = (stored: StoredEnvelope, nowMs: number): StoredEnvelope =>
    attempt('v2', () => state.step(stored, 'sender', 'send', nowMs));

  return {
    'GET /envelope': (request) =>
      jsonAnswer(
        200,
        pageOf(request, state.all(), (each) => envelopeJson(each, owner)),
      ),
    'GET /envelope/:envelopeId': (_request, { envelopeId = '' }) =>
      jsonAnswer(200, wholeEnvelopeJson(demandEnvelope(state, envelopeId), owner)),

    'POST /envelope/create': (request) => {
      const { payload, files } = formOf(request);
      const type = payload['type'] === 'TEMPLATE' ? 'TEMPLATE' : 'DOCUMENT';
      const formValues = payload['formValues'];
      const given = {
        type,
        title: demandText(payload, 'title'),
        externalId: textAt(payload, 'externalId'),
        recipients: objectsAt(payload, 'recipients'),
        files,
        meta: objectAt(payload, 'meta'),
        folderId: textAt(payload, 'folderId'),
        visibility: textAt(payload, 'visibility') ?? 'EVERYONE',
        formValues: isObject(formValues) ? formValues : null,
      } as const;
      const made = state.put(state.make(given, request.nowMs));
      state.tell(`${type}_CREATED`, made.envelope, request.nowMs);
      return jsonAnswer(200, { id: made.envelope.envelopeId });
    },

    'POST /envelope/update': (request) => {
      const body = bodyOf(request);
      const stored = named(body);
      const data = objectAt(body, 'data');
      const { envelope } = stored;
      const changed = {
        ...envelope,
        title: textAt(data, 'title') ?? envelope.title,
        externalId: 'externalId' in data ? textAt(data, 'externalId') : envelope.externalId,
        updatedAtMs: request.nowMs,
      };
      const next = state.put({
        ...stored,
        envelope: changed,
        meta: metaOf(body, stored.meta),
        folderId: 'folderId' in data ? textAt(data, 'folderId') : stored.folderId,
        visibility: textAt(data, 'visibility') ?? stored.visibility,
      });
      if (envelope.type === 'TEMPLATE') state.tell('TEMPLATE_UPDATED', changed, request.nowMs);
      return jsonAnswer(200, envelopeJson(next, owner));
    },

    'POST /envelope/distribute': (request) => {
      const body = bodyOf(request);
      const stored = named(body);
      const sent = send({ ...stored, meta: metaOf(body, stored.meta) }, request.nowMs);
      return jsonAnswer(200, {
        success: true,
        id: sent.envelope.envelopeId,
        recipients: invitations(sent, request.origin),
      });
    },

    'POST /envelope/redistribute': (request) => {
      const body = bodyOf(request);
      const stored = named(body);
      if (stored.envelope.status !== 'PENDING') refuse('v2', 400, 'The envelope is not pending');
      const asked = body['recipients'];
      const ids = Array.isArray(asked) ? asked : [];
      const again = stored.envelope.recipients.filter(({ id }) => ids.includes(id));
      return jsonAnswer(200, {
        success: true,
        id: stored.envelope.envelopeId,
        recipients: again.map((each) => invitationJson(each, request.origin)),
      });
    },

    'POST /envelope/cancel': (request) => {
      const stored = named(bodyOf(request));
      // Not idempotent: the second call is refused like one on a draft.
      if (stored.envelope.status !== 'PENDING') refuse('v2', 400, 'The envelope is not pending');
      attempt('v2', () => state.step(stored, 'sender', 'cancel', request.nowMs));
      return jsonAnswer(200, { success: true });
    },

    'POST /envelope/delete': (request) => {
      const stored = named(bodyOf(request));
      if (stored.envelope.type === 'TEMPLATE') state.tell('TEMPLATE_DELETED', stored.envelope, request.nowMs);
      state.delete(stored);
      return jsonAnswer(200, { success: true });
    },

    'POST /envelope/duplicate': (request) => {
      const body = bodyOf(request);
      const stored = named(body);
      const { envelope } = stored;
      const copied = copyOf(stored);
      const recipients = body['includeRecipients'] === false ? [] : copied.recipients;
      const made = state.make({ ...copied, recipients }, request.nowMs);
      state.put(made);
      state.tell(`${envelope.type}_CREATED`, made.envelope, request.nowMs);
      return jsonAnswer(200, { id: made.envelope.envelopeId });
    },

    'POST /envelope/get-many': (request) => {
      const { ids, type } = objectAt(bodyOf(request), 'ids');
      if (!Array.isArray(ids)) return refuse('v2', 400, 'ids is required', ['ids.ids is required']);
      const wanted = type === 'documentId' ? 'DOCUMENT' : type === 'templateId' ? 'TEMPLATE' : null;
      const found = ids.flatMap((id) => state.find(String(id)) ?? []);
      const data = found.filter(({ envelope }) => wanted === null || envelope.type === wanted);
      return jsonAnswer(200, { data: data.map((each) => wholeEnvelopeJson(each, owner)) });
    },

    'POST /envelope/use': (request) => {
      const { payload, files } = formOf(request);
      const template = named(payload);
      if (template.envelope.type !== 'TEMPLATE') refuse('v2', 400, 'The envelope is not a template');
      const last = useTemplate(state, template, {
        recipients: objectsAt(payload, 'recipients'),
        externalId: textAt(payload, 'externalId'),
        title: textAt(objectAt(payload, 'override'), 'title'),
        meta: metaOf(payload),
        files,
        distribute: isTrueAt(payload, 'distributeDocument'),
        nowMs: request.nowMs,
      });
      return jsonAnswer(200, { id: last.envelope.envelopeId, recipients: invitations(last, request.origin) });
    },
  };
}
