import { fileAnswer, jsonAnswer } from '../answers.rules.ts';
import { makePdf } from '../../pdf.rules.ts';
import { type Loose, numberAt, objectsAt, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import { documensoRoles } from '../../documenso/envelope.rules.ts';
import { refuse } from './documenso-errors.rules.ts';
import { fieldJson, recipientJson } from './documenso-json.rules.ts';
import { currentBytes, type DocumensoState, type StoredEnvelope } from './documenso-state.rules.ts';
import { bodyOf, demandEnvelope, demandText } from './v2-requests.rules.ts';

/** v2 of the API: recipients, fields and files of an envelope. */
export function partRoutes(state: DocumensoState): RouteTable {
  const open = (body: Loose): StoredEnvelope => demandOpen(demandEnvelope(state, demandText(body, 'envelopeId')));

  return {
    'GET /envelope/recipient/:recipientId': (_request, { recipientId = '' }) => {
      const stored = state.findByRecipient(Number(recipientId)) ?? refuse('v2', 404, 'There is no such recipient');
      const found = stored.envelope.recipients.filter(({ id }) => id === Number(recipientId));
      const fields = stored.fields.filter((field) => field.recipientId === Number(recipientId));
      const shown = { fields: fields.map((field) => fieldJson(field, stored)) };
      return jsonAnswer(200, Object.assign({}, ...found.map((each) => recipientJson(each, stored.envelope)), shown));
    },
    'POST /envelope/recipient/create-many': (request) => {
      const body = bodyOf(request);
      const stored = open(body);
      const made = state.recipientsOf(objectsAt(body, 'data'), request.nowMs);
      const envelope = { ...stored.envelope, recipients: [...stored.envelope.recipients, ...made] };
      state.put({ ...stored, envelope });
      return jsonAnswer(200, { data: made.map((each) => recipientJson(each, envelope)) });
    },
    'POST /envelope/recipient/update-many': (request) => {
      const body = bodyOf(request);
      const stored = open(body);
      const data = objectsAt(body, 'data');
      const changes = new Map(data.map((each) => [numberAt(each, 'id'), each]));
      const recipients = stored.envelope.recipients.map((each) => {
        const change = changes.get(each.id) ?? {};
        return {
          ...each,
          name: textAt(change, 'name') ?? each.name,
          email: textAt(change, 'email') ?? each.email,
          role: documensoRoles.find((role) => role === change['role']) ?? each.role,
          signingOrder: numberAt(change, 'signingOrder') ?? each.signingOrder,
        };
      });
      const envelope = { ...stored.envelope, recipients };
      state.put({ ...stored, envelope });
      const changed = recipients.filter(({ id }) => changes.has(id));
      return jsonAnswer(200, { data: changed.map((each) => recipientJson(each, envelope)) });
    },
    'POST /envelope/recipient/delete': (request) => {
      const recipientId = numberAt(bodyOf(request), 'recipientId') ?? Number.NaN;
      const stored = demandOpen(state.findByRecipient(recipientId) ?? refuse('v2', 404, 'There is no such recipient'));
      const recipients = stored.envelope.recipients.filter(({ id }) => id !== recipientId);
      const fields = stored.fields.filter((field) => field.recipientId !== recipientId);
      state.put({ ...stored, fields, envelope: { ...stored.envelope, recipients } });
      return jsonAnswer(200, { success: true });
    },

    'GET /envelope/field/:fieldId': (_request, { fieldId = '' }) => {
      const stored = state.findByField(Number(fieldId)) ?? refuse('v2', 404, 'There is no such field');
      const [field] = stored.fields.filter(({ id }) => id === Number(fieldId)).map((each) => fieldJson(each, stored));
      return jsonAnswer(200, field);
    },
    'POST /envelope/field/create-many': (request) => {
      const body = bodyOf(request);
      const stored = open(body);
      const made = objectsAt(body, 'data').flatMap((each) => {
        const recipientId = numberAt(each, 'recipientId');
        const recipient = stored.envelope.recipients.find(({ id }) => id === recipientId);
        if (recipient === undefined) return refuse('v2', 404, 'There is no such recipient');
        return state.fieldsOf(stored, recipient.id, [each]);
      });
      const next = state.put({ ...stored, fields: [...stored.fields, ...made] });
      return jsonAnswer(200, { data: made.map((each) => fieldJson(each, next)) });
    },
    'POST /envelope/field/update-many': (request) => {
      const body = bodyOf(request);
      const stored = open(body);
      const changes = new Map(objectsAt(body, 'data').map((each) => [numberAt(each, 'id'), each]));
      const fields = stored.fields.map((field) => {
        const change = changes.get(field.id);
        if (change === undefined) return field;
        const [changed = field] = state.fieldsOf(stored, field.recipientId, [{ ...field, ...change }]);
        return { ...changed, id: field.id, secondaryId: field.secondaryId };
      });
      const next = state.put({ ...stored, fields });
      const changed = fields.filter(({ id }) => changes.has(id));
      return jsonAnswer(200, { data: changed.map((each) => fieldJson(each, next)) });
    },
    'POST /envelope/field/delete': (request) => {
      const fieldId = numberAt(bodyOf(request), 'fieldId') ?? Number.NaN;
      const stored = demandOpen(state.findByField(fieldId) ?? refuse('v2', 404, 'There is no such field'));
      state.put({ ...stored, fields: stored.fields.filter(({ id }) => id !== fieldId) });
      return jsonAnswer(200, { success: true });
    },

    'GET /envelope/item/:itemId/download': ({ query }, { itemId = '' }) => {
      const stored = state.findByItem(itemId) ?? refuse('download', 404, 'There is no such item');
      const item = stored.items.find(({ id }) => id === itemId) ?? refuse('download', 404, 'There is no such item');
      const version = query.get('version') ?? 'signed';
      if (!['signed', 'original', 'pending'].includes(version)) refuse('download', 400, 'version is not known');
      // `signed` does not ask whether everybody has: see the traps in the provider facts.
      const bytes = version === 'original' ? item.original : currentBytes(stored, item);
      return fileAnswer('application/pdf', `${item.title}.pdf`, bytes);
    },
    'GET /envelope/:envelopeId/certificate/download': (_request, { envelopeId = '' }) => {
      const { envelope } = demandEnvelope(state, envelopeId, 'download');
      if (envelope.status !== 'COMPLETED') refuse('download', 400, 'The envelope is not completed');
      return fileAnswer('application/pdf', `${envelope.title}-certificate.pdf`, makePdf(1500));
    },
    'GET /envelope/:envelopeId/audit-log/download': (_request, { envelopeId = '' }) => {
      const { envelope } = demandEnvelope(state, envelopeId, 'download');
      return fileAnswer('application/pdf', `${envelope.title}-audit-log.pdf`, makePdf(1400));
    },
  };
}

function demandOpen(stored: StoredEnvelope): StoredEnvelope {
  const { status } = stored.envelope;
  return status === 'DRAFT' || status === 'PENDING' ? stored : refuse('v2', 400, `The envelope is ${status}`);
}
