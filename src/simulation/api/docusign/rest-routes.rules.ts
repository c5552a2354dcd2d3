import { envelopeSummary } from '../../docusign/envelope.rules.ts';
import { makePdf } from '../../pdf.rules.ts';
import { ScenarioProblem } from '../../scenario-problem.rules.ts';
import { fileAnswer, jsonAnswer } from '../answers.rules.ts';
import { isObject, type Loose, objectAt, readObject, textAt } from '../read-json.rules.ts';
import type { PathValues, RouteTable } from '../routes.rules.ts';
import type { ServedRequest } from '../served.ts';
import { refuse } from './docusign-errors.rules.ts';
import { currentBytes, type DocusignState, type StoredEnvelope } from './docusign-state.rules.ts';
import { readDefinition } from './envelope-definition.rules.ts';
import { pageOf } from './list-pages.rules.ts';
import type { PlanGaps } from './plan.rules.ts';
import { showEnvelope } from './shown-envelope.rules.ts';

/** The REST API v2.1 below an account, as far as the simulator has it; answers as docusign-esign 10 reads them. */
export function restRoutes(state: DocusignState, gapsOf: () => PlanGaps): RouteTable {
  const { account, templates } = state;
  const demand = ({ envelopeId = '' }: PathValues): StoredEnvelope =>
    state.find(envelopeId) ?? refuse(404, 'ENVELOPE_DOES_NOT_EXIST', 'The envelope does not exist.');
  const show = (envelope: StoredEnvelope, include: string): object => showEnvelope(envelope, account, include);

  return {
    'GET ': () => jsonAnswer(200, { accountIdGuid: account.accountId, accountName: 'Simulated Account' }),

    'POST /envelopes': (request) => {
      const definition = readDefinition(request, templates, gapsOf());
      if (definition.files.length === 0 && definition.status === 'sent') {
        refuse(400, 'ENVELOPE_IS_INCOMPLETE', 'The envelope has no documents.');
      }
      const draft = state.put(state.make(definition, request.nowMs));
      if (definition.status === 'created') state.tell('envelope-created', draft, null, request.nowMs);
      const envelope =
        definition.status === 'sent' ? act(() => state.step(draft, 'sender', 'send', request.nowMs)) : draft;
      return jsonAnswer(201, {
        envelopeId: envelope.envelopeId,
        uri: `/envelopes/${envelope.envelopeId}`,
        statusDateTime: new Date(envelope.changedAtMs).toISOString(),
        status: envelope.status,
      });
    },
    'GET /envelopes': ({ query }) => {
      const since = time(query, 'from_date') ?? Number.NEGATIVE_INFINITY;
      const until = time(query, 'to_date') ?? Number.POSITIVE_INFINITY;
      const statuses = query.get('status')?.toLowerCase().split(',') ?? null;
      const ids = query.get('envelope_ids')?.toLowerCase().split(',') ?? null;
      const ofDrafts = query.get('folder_ids') === 'drafts';
      const found = state
        .all()
        .filter(({ changedAtMs }) => changedAtMs >= since && changedAtMs <= until)
        .filter(({ status }) => statuses === null || statuses.includes('any') || statuses.includes(status))
        .filter(({ envelopeId }) => ids === null || ids.includes(envelopeId))
        .filter(({ status }) => !ofDrafts || status === 'created');
      const ordered = query.get('order') === 'asc' ? found.toReversed() : found;
      return jsonAnswer(
        200,
        pageOf(query, 'envelopes', ordered, (each) => show(each, query.get('include') ?? '')),
      );
    },
    'GET /envelopes/:envelopeId': ({ query }, values) =>
      jsonAnswer(200, show(demand(values), query.get('include') ?? '')),
    'PUT /envelopes/:envelopeId': (request, values) => {
      const envelope = demand(values);
      const body = bodyOf(request);
      const status = textAt(body, 'status');
      const reason = textAt(body, 'voidedReason');
      if (status === 'voided' && reason === null) refuse(400, 'INVALID_REQUEST_PARAMETER', 'voidedReason is missing.');
      const does = status === 'voided' ? 'void' : status === 'sent' ? 'send' : null;
      const fields = reason === null ? {} : { reason };
      const subject = textAt(body, 'emailSubject');
      const changed = subject === null ? envelope : state.put({ ...envelope, emailSubject: subject });
      if (does !== null) act(() => state.step(changed, 'sender', does, request.nowMs, fields));
      return jsonAnswer(200, { envelopeId: envelope.envelopeId });
    },

    'GET /envelopes/:envelopeId/documents': (_request, values) => {
      const envelope = demand(values);
      const { envelopeDocuments } = envelopeSummary(envelope, account, null) as Loose;
      return jsonAnswer(200, { envelopeId: envelope.envelopeId, envelopeDocuments });
    },
    'GET /envelopes/:envelopeId/documents/:documentId': (_request, values) => {
      const envelope = demand(values);
      const { documentId = '' } = values;
      if (documentId === 'certificate') return fileAnswer('application/pdf', 'Summary.pdf', makePdf(1500));
      const files = envelope.files.filter((file) => documentId === 'combined' || file.documentId === documentId);
      if (files.length === 0) refuse(404, 'DOCUMENT_DOES_NOT_EXIST', 'The document does not exist.');
      const bytes = Buffer.concat(files.map((file) => currentBytes(envelope, file)));
      return fileAnswer('application/pdf', documentId === 'combined' ? 'combined.pdf' : `${files[0]?.name}.pdf`, bytes);
    },
    'GET /envelopes/:envelopeId/recipients': (_request, values) => {
      return jsonAnswer(200, objectAt(show(demand(values), 'recipients,tabs') as Loose, 'recipients'));
    },
    'POST /envelopes/:envelopeId/views/recipient': (request, values) => {
      const envelope = demand(values);
      const body = bodyOf(request);
      const recipient = envelope.recipients.find(
        (each) => each.email === body['email'] && each.name === body['userName'],
      );
      if (recipient === undefined) {
        return refuse(400, 'UNKNOWN_ENVELOPE_RECIPIENT', 'The recipient is not part of the envelope.');
      }
      const token = state.openView(envelope.envelopeId, recipient.recipientId);
      return jsonAnswer(201, { url: `${request.origin}/sign/${token}` });
    },

    'GET /templates': ({ query }) => jsonAnswer(200, pageOf(query, 'envelopeTemplates', templates, templateJson)),
    'GET /templates/:templateId': (_request, { templateId }) => {
      const template = templates.find((each) => each.templateId === templateId);
      return template === undefined
        ? refuse(404, 'TEMPLATE_ID_INVALID', 'There is no such template.')
        : jsonAnswer(200, templateJson(template));
    },
    'GET /users': ({ query }) => {
      const { name: userName, email } = account.sender;
      const user = { userId: account.userId, userName, email, userStatus: 'Active', isAdmin: 'True' };
      return jsonAnswer(
        200,
        pageOf(query, 'users', [user], (each) => each),
      );
    },

    'PUT /connect/envelopes/retry_queue': (request) => {
      const given = readObject(request.body)?.['envelopeIds'];
      const ids = Array.isArray(given) ? given.map(String) : null;
      for (const id of ids ?? [null]) state.republish(id);
      return jsonAnswer(200, { retryQueue: (ids ?? []).map((envelopeId) => ({ envelopeId })) });
    },
    'PUT /connect/envelopes/:envelopeId/retry_queue': (_request, values) => {
      const { envelopeId } = demand(values);
      state.republish(envelopeId);
      return jsonAnswer(200, { retryQueue: [{ envelopeId }] });
    },
  };
}

function bodyOf({ body }: ServedRequest): Loose {
  const value = readObject(body);
  return isObject(value) ? value : refuse(400, 'INVALID_REQUEST_BODY', 'The body is not JSON.');
}

/** Ends a request with 400 when the simulated world does not let it happen. */
function act<Result>(step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    if (error instanceof ScenarioProblem) return refuse(400, 'ENVELOPE_INVALID_STATUS', `The request ${error.what}.`);
    throw error;
  }
}

function templateJson({ templateId, name, roleNames }: DocusignState['templates'][number]): object {
  const signers = roleNames.map((roleName, index) => ({ roleName, recipientId: String(index + 1) }));
  return { templateId, name, shared: 'false', uri: `/templates/${templateId}`, recipients: { signers } };
}

/** Unix milliseconds of a date in the query; refuses what is none. */
function time(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const unixMs = Date.parse(text);
  return Number.isNaN(unixMs) ? refuse(400, 'INVALID_REQUEST_PARAMETER', `${name} is not a date.`) : unixMs;
}
