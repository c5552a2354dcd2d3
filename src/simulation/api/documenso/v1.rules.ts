import type { DocumensoRecipient } from '../../documenso/envelope.rules.ts';
import { documensoRoles } from '../../documenso/envelope.rules.ts';
import { jsonAnswer } from '../answers.rules.ts';
import { type Loose, numberAt, objectAt, objectsAt, readObject, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import type { ServedRequest } from '../served.ts';
import { refuse } from './documenso-errors.rules.ts';
import { fieldJson, legacyJson, recipientJson, signingUrl } from './documenso-json.rules.ts';
import type { DocumensoState, StoredEnvelope } from './documenso-state.rules.ts';
import { useTemplate } from './use-template.rules.ts';
import { attempt, bodyOf } from './v2-requests.rules.ts';

/** v1 of the API, which is deprecated. Where the provider facts name no fields, answers have those of v2's `/document`. */
export function v1Routes(state: DocumensoState, options: { storage: 's3' | 'database' }): RouteTable {
  const { owner } = state;
  const demand = (id: string): StoredEnvelope => {
    const stored = state.find(id);
    return stored?.envelope.type === 'DOCUMENT' ? stored : refuse('v1', 404, 'Document not found');
  };
  const recipientIn = (stored: StoredEnvelope, id: string): DocumensoRecipient =>
    stored.envelope.recipients.find((each) => String(each.id) === id) ?? refuse('v1', 404, 'Recipient not found');
  const put = (stored: StoredEnvelope, recipients: readonly DocumensoRecipient[]): StoredEnvelope =>
    state.put({ ...stored, envelope: { ...stored.envelope, recipients } });
  const invitations = ({ envelope }: StoredEnvelope, origin: string): object[] =>
    envelope.recipients.map((each) => ({
      recipientId: each.id,
      name: each.name,
      email: each.email,
      token: each.token,
      role: each.role,
      signingOrder: each.signingOrder,
      signingUrl: signingUrl(each, origin),
    }));

  return {
    'GET /documents': ({ query }) => {
      const asked = Object.fromEntries(query);
      const [page, perPage] = [numberAt(asked, 'page') ?? 1, numberAt(asked, 'perPage') ?? 10];
      if (page < 1 || perPage < 1) refuse('v1', 400, 'page and perPage begin at 1');
      const all = state.all().filter(({ envelope }) => envelope.type === 'DOCUMENT');
      const documents = all.slice((page - 1) * perPage, page * perPage).map((each) => legacyJson(each, owner));
      return jsonAnswer(200, { documents, totalPages: Math.ceil(all.length / perPage) });
    },
    'GET /documents/:id': (_request, { id = '' }) => jsonAnswer(200, legacyJson(demand(id), owner)),
    'DELETE /documents/:id': (_request, { id = '' }) => {
      const stored = demand(id);
      state.delete(stored);
      return jsonAnswer(200, legacyJson(stored, owner));
    },
    'POST /documents': (request) => {
      const body = bodyOf(request, 'v1');
      const title = textAt(body, 'title');
      if (title === null) return refuse('v1', 400, 'title is required');
      const stored = state.put(
        state.make(
          {
            type: 'DOCUMENT',
            title,
            externalId: textAt(body, 'externalId'),
            recipients: objectsAt(body, 'recipients'),
            files: [{ title, bytes: Buffer.alloc(0) }],
            meta: objectAt(body, 'meta'),
            folderId: null,
            visibility: 'EVERYONE',
            formValues: null,
          },
          request.nowMs,
        ),
      );
      state.tell('DOCUMENT_CREATED', stored.envelope, request.nowMs);
      return jsonAnswer(200, {
        uploadUrl: storageUrl(stored, request.origin),
        documentId: stored.envelope.legacyId,
        recipients: invitations(stored, request.origin),
      });
    },
    'POST /documents/:id/send': (request, { id = '' }) => {
      const sent = attempt('v1', () => state.step(demand(id), 'sender', 'send', request.nowMs));
      return jsonAnswer(200, { message: 'Sent', ...legacyJson(sent, owner) });
    },
    'POST /documents/:id/resend': (_request, { id = '' }) => {
      if (demand(id).envelope.status !== 'PENDING') refuse('v1', 400, 'The document is not pending');
      return jsonAnswer(200, { message: 'Sent again' });
    },

    'POST /documents/:id/recipients': (request, { id = '' }) => {
      const stored = demandOpen(demand(id));
      const made = state.recipientsOf([bodyOf(request, 'v1')], request.nowMs);
      const next = put(stored, [...stored.envelope.recipients, ...made]);
      return jsonAnswer(200, recipientOf(next, made[0]));
    },
    'PATCH /documents/:id/recipients/:recipientId': (request, { id = '', recipientId = '' }) => {
      const stored = demandOpen(demand(id));
      const before = recipientIn(stored, recipientId);
      const change = bodyOf(request, 'v1');
      const after = {
        ...before,
        name: textAt(change, 'name') ?? before.name,
        email: textAt(change, 'email') ?? before.email,
        role: documensoRoles.find((role) => role === change['role']) ?? before.role,
        signingOrder: numberAt(change, 'signingOrder') ?? before.signingOrder,
      };
      const others = stored.envelope.recipients.map((each) => (each.id === before.id ? after : each));
      return jsonAnswer(200, recipientOf(put(stored, others), after));
    },
    'DELETE /documents/:id/recipients/:recipientId': (_request, { id = '', recipientId = '' }) => {
      const stored = demandOpen(demand(id));
      const gone = recipientIn(stored, recipientId);
      const next = put(
        stored,
        stored.envelope.recipients.filter((each) => each !== gone),
      );
      return jsonAnswer(200, recipientOf(next, gone));
    },

    'POST /documents/:id/fields': (request, { id = '' }) => {
      const stored = demandOpen(demand(id));
      const given = fieldsIn(request);
      const made = given.flatMap((each) => {
        const recipient = recipientIn(stored, String(each['recipientId']));
        return state.fieldsOf(stored, recipient.id, [each]);
      });
      const next = state.put({ ...stored, fields: [...stored.fields, ...made] });
      return jsonAnswer(200, { fields: made.map((each) => fieldJson(each, next)), documentId: next.envelope.legacyId });
    },
    'PATCH /documents/:id/fields/:fieldId': (request, { id = '', fieldId = '' }) => {
      const stored = demandOpen(demand(id));
      const before = stored.fields.find((each) => String(each.id) === fieldId) ?? refuse('v1', 404, 'Field not found');
      const merged = { ...before, ...bodyOf(request, 'v1') };
      const [made = before] = state.fieldsOf(stored, before.recipientId, [merged]);
      const after = { ...made, id: before.id, secondaryId: before.secondaryId };
      const next = state.put({ ...stored, fields: stored.fields.map((each) => (each === before ? after : each)) });
      return jsonAnswer(200, fieldJson(after, next));
    },
    'DELETE /documents/:id/fields/:fieldId': (_request, { id = '', fieldId = '' }) => {
      const stored = demandOpen(demand(id));
      const gone = stored.fields.find((each) => String(each.id) === fieldId) ?? refuse('v1', 404, 'Field not found');
      state.put({ ...stored, fields: stored.fields.filter((each) => each !== gone) });
      return jsonAnswer(200, fieldJson(gone, stored));
    },

    'POST /templates/:id/generate-document': (request, { id = '' }) => {
      const template = state.find(id);
      if (template?.envelope.type !== 'TEMPLATE') return refuse('v1', 404, 'Template not found');
      const body = bodyOf(request, 'v1');
      const made = useTemplate(state, template, {
        recipients: objectsAt(body, 'recipients'),
        externalId: textAt(body, 'externalId'),
        title: textAt(body, 'title'),
        meta: objectAt(body, 'meta'),
        distribute: false,
        nowMs: request.nowMs,
      });
      return jsonAnswer(200, {
        documentId: made.envelope.legacyId,
        recipients: invitations(made, request.origin),
      });
    },
    'GET /documents/:id/download': (request, { id = '' }) => {
      const stored = demand(id);
      if (options.storage === 'database') refuse('v1', 500, 'Document downloads are only available with S3 storage');
      if (stored.envelope.status !== 'COMPLETED') refuse('v1', 400, 'Document is not completed yet');
      return jsonAnswer(200, { downloadUrl: storageUrl(stored, request.origin) });
    },
  };
}

/** Where the file of a document is uploaded to and downloaded from, as a bucket's signed URLs: without the API's token. */
function storageUrl({ items }: StoredEnvelope, origin: string): string {
  return `${origin}/storage/${items[0]?.documentDataId ?? ''}`;
}

function recipientOf({ envelope }: StoredEnvelope, recipient: DocumensoRecipient | undefined): object {
  return recipient === undefined ? {} : recipientJson(recipient, envelope);
}

/** One field, or a list of them. */
function fieldsIn(request: ServedRequest): readonly Loose[] {
  const one = readObject(request.body);
  if (one !== null) return [one];
  const many = readObject(Buffer.concat([Buffer.from('{"list":'), request.body, Buffer.from('}')]));
  return many === null ? refuse('v1', 400, 'The body is not JSON') : objectsAt(many, 'list');
}

function demandOpen(stored: StoredEnvelope): StoredEnvelope {
  const { status } = stored.envelope;
  return status === 'DRAFT' || status === 'PENDING' ? stored : refuse('v1', 400, `The document is ${status}`);
}
