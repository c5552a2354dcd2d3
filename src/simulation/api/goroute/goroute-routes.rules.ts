import { fileAnswer, jsonAnswer } from '../answers.rules.ts';
import { createKept } from '../kept.rules.ts';
import { isObject, readObject, textAt } from '../read-json.rules.ts';
import type { RouteTable } from '../routes.rules.ts';
import type { ServedAnswer } from '../served.ts';
import type { GorouteErrors } from './goroute-errors.rules.ts';
import { type GorouteState, mostWebhooks, type Transaction } from './goroute-state.rules.ts';
import { brokenRules, readInvoice } from './ubl.rules.ts';

const invoiceType = 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2';
const unregistered = '9915:not-registered';

/** GoRoute's API below its base URL. Fields that the provider facts do not name follow its webhooks. */
export function gorouteRoutes(state: GorouteState, errors: GorouteErrors): RouteTable {
  const answered = createKept<ServedAnswer>({ most: 10_000, mostBytes: Number.MAX_VALUE });
  const { refuse } = errors;

  function lookup(id: string | null): string {
    if (id === null || !/^\d{4}:\S+$/.test(id)) return refuse('validation', 'The Peppol id is missing, or is none');
    return id;
  }

  return {
    'POST /api/v1/send': (request) => {
      const key = request.headers.get('idempotency-key') ?? null;
      const before = key === null ? undefined : answered.find(key);
      if (before !== undefined) return before;
      const read = readInvoice(request.body, request.headers.get('content-type') ?? '');
      const broken = brokenRules(read);
      if (broken.length > 0) return refuse('validation', 'The document is not valid', broken);
      const { invoice, status } = state.step(state.begin(read, 'out', request.nowMs), 'send', request.nowMs);
      const answer = jsonAnswer(202, { transaction_id: invoice.transactionId, status });
      if (key !== null) answered.put(key, answer, 0);
      return answer;
    },
    'POST /api/v1/validate': (request) => {
      const broken = brokenRules(readInvoice(request.body, request.headers.get('content-type') ?? ''));
      return jsonAnswer(200, { valid: broken.length === 0, errors: broken, warnings: [] });
    },

    'GET /api/v1/transactions': ({ query }) => {
      const limit = Number(query.get('limit') ?? 50);
      const status = query.get('status');
      const found = state.all().filter((each) => status === null || each.status === status);
      return jsonAnswer(200, {
        transactions: found.slice(0, limit > 0 && limit <= 1000 ? limit : 50).map(transactionJson),
        total: found.length,
      });
    },
    'GET /api/v1/transactions/:transactionId': (_request, { transactionId = '' }) =>
      jsonAnswer(
        200,
        transactionJson(state.find(transactionId) ?? refuse('not found', 'There is no such transaction')),
      ),
    'GET /api/v1/documents/:documentId/download': (_request, { documentId = '' }) => {
      const found = state.findDocument(documentId) ?? refuse('not found', 'There is no such document');
      return fileAnswer('application/xml', `${found.invoice.number}.xml`, found.document);
    },
    'GET /api/v1/organizations': () => {
      const { scheme, identifier, name } = state.company;
      return jsonAnswer(200, {
        organizations: [{ id: state.organizationId, name, participants: [{ scheme, identifier }] }],
      });
    },

    'POST /api/v1/webhooks': (request) => {
      const body = readObject(request.body) ?? refuse('validation', 'The body is not JSON');
      const url = textAt(body, 'url') ?? '';
      const events = Array.isArray(body['events']) ? body['events'].map(String) : [];
      if (!/^https?:/.test(url) || !URL.canParse(url)) return refuse('validation', 'url is missing, or is none');
      if (events.length === 0) return refuse('validation', 'events is missing');
      if (state.webhooks().length >= mostWebhooks) return refuse('validation', 'There are too many webhooks');
      const given = body['headers'];
      const headers = Object.fromEntries(
        Object.entries(isObject(given) ? given : {}).flatMap(([name, value]) =>
          typeof value === 'string' ? [[name, value]] : [],
        ),
      );
      const active = body['active'] !== false;
      const { id } = state.register({ url, events, secret: textAt(body, 'secret') ?? '', headers, active });
      return jsonAnswer(201, { id, url, events, active });
    },

    'GET /participants/lookup': ({ query }) => {
      const registered = lookup(query.get('identifier')) !== unregistered;
      return jsonAnswer(200, {
        registered,
        access_point: registered ? 'simulated-access-point' : null,
        document_types: registered ? [invoiceType] : [],
      });
    },
    'GET /api/v1/participants/lookup': ({ query }) => {
      const found = lookup(query.get('peppol_id')) !== unregistered;
      return jsonAnswer(200, { found, capabilities: found ? [invoiceType] : [] });
    },
  };
}

/** What anybody may ask without a key. */
export const openRoutes: RouteTable = {
  'GET /health': () => jsonAnswer(200, { status: 'ok' }),
  'GET /peppol/version': () => jsonAnswer(200, { version: 'simulated' }),
};

function transactionJson({ invoice, status, error, createdAtMs, updatedAtMs }: Transaction): object {
  return {
    transaction_id: invoice.transactionId,
    document_id: invoice.documentId,
    status,
    sender: invoice.sender,
    receiver: invoice.receiver,
    document_type: invoiceType,
    invoice_number: invoice.number,
    created_at: new Date(createdAtMs).toISOString(),
    updated_at: new Date(updatedAtMs).toISOString(),
    ...(error === null ? {} : { error }),
  };
}
