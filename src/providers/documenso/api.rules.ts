import { codeText, jsonHead, ownBudget, resetHeader, valueAt, wholeHeader } from '../api-answers.rules.ts';
import type { ApiProfile, ApiRequest, Budget, Operation } from '../api-profile.ts';
import {
  compileRoutes,
  findRoute,
  isIdempotent,
  otherOperation,
  segmentsOf,
  subjectText,
} from '../api-routes.rules.ts';
import type { ApiRoute } from '../api-routes.rules.ts';
import { documensoV1Calls, documensoV2Calls } from './api-calls.rules.ts';

const windowMs = 60_000;
const budgets: readonly Budget[] = [
  { name: 'v1', limit: 1_000, windowMs, alignment: 'clock' },
  { name: 'v2', limit: 1_000, windowMs, alignment: 'clock' },
];

const routes = { v1: compileRoutes('/api/v1', documensoV1Calls), v2: compileRoutes('/api/v2', documensoV2Calls) };
type Version = keyof typeof routes;

/** POSTs that only read. Everything else that is posted may be done twice: there is no idempotency key anywhere. */
const safePosts: ReadonlySet<string> = new Set(['envelopes.get-many', 'documents.get-many', 'templates.get-many']);

/** Sealed with the document. `documents.download` answers an address that expires, so it is not among them. */
const sealed: ReadonlySet<string> = new Set([
  'envelopes.item.download',
  'envelopes.certificate.download',
  'envelopes.audit-log.download',
]);

/** Documenso 2.17: API v2, and v1, which is deprecated. */
export const documensoApi: ApiProfile = {
  name: 'documenso',
  title: 'Documenso',
  setup:
    "In the team's settings in Documenso, make an API token and enter it here without `Bearer` in front. A token belongs " +
    'to one team. There is no sandbox: use a team of its own, or a Documenso of your own with its address as baseUrl.',
  environments: {
    sandbox: { baseUrl: null, hosts: [] },
    production: { baseUrl: 'https://app.documenso.com', hosts: ['app.documenso.com'] },
  },
  selfHosted: true,
  credentialKinds: ['bearer'],
  options: {},
  problemOfSecret: (value) =>
    /^\s*bearer\s/i.test(value) ? 'Enter the token alone, without Bearer in front: it begins with api_.' : null,
  budgets: () => budgets,

  budgetsOf({ path }) {
    const version = versionOf(path);
    return version === null ? [ownBudget] : [version, ownBudget];
  },

  /** The headers are the same for v1 and v2, which are counted apart: without the request nothing can be read. */
  readBudgets(headers, nowMs, request) {
    const version = request === undefined ? null : versionOf(request.path);
    if (version === null) return [];
    const limit = wholeHeader(headers, 'x-ratelimit-limit');
    const remaining = wholeHeader(headers, 'x-ratelimit-remaining');
    const resetAtMs = resetHeader(headers, 'x-ratelimit-reset', { windowMs }, nowMs);
    if (limit === null && remaining === null && resetAtMs === null) return [];
    return [{ budget: version, limit, remaining, resetAtMs }];
  },

  operationOf(request): Operation {
    const { method, path } = request;
    const route = routeOf(request);
    if (route === null) {
      const version = versionOf(path);
      return otherOperation(method, version === null ? '/*' : `/api/${version}/*`);
    }
    const { name, template } = route;
    return {
      name,
      template,
      subject: subjectOf(route),
      repeatable: isIdempotent(method) || safePosts.has(name),
      counted: true,
    };
  },

  polling: null,

  isImmutable(request) {
    const route = request.method === 'GET' ? routeOf(request) : null;
    return route !== null && sealed.has(route.name) && request.query.get('version') !== 'pending';
  },

  completedBy(request, body) {
    const route = request.method === 'GET' ? routeOf(request) : null;
    const shows = route?.name === 'envelopes.get' || route?.name === 'documents.get';
    return route !== null && shows && valueAt(body, 'status') === 'COMPLETED' ? subjectOf(route) : null;
  },

  parts: {
    of(request) {
      const route = routeOf(request);
      return route?.name === 'envelopes.item.download' ? partText(route.variables['itemId']) : null;
    },
    completedBy(request, body) {
      const route = request.method === 'GET' ? routeOf(request) : null;
      if (route?.name !== 'envelopes.get' || valueAt(body, 'status') !== 'COMPLETED') return [];
      const items = valueAt(body, 'envelopeItems');
      return (Array.isArray(items) ? (items as unknown[]) : []).flatMap((item) => {
        const id = valueAt(item, 'id');
        const part = typeof id === 'string' ? partText(id) : null;
        return part === null ? [] : [part];
      });
    },
  },

  completionEvents: ['DOCUMENT_COMPLETED'],

  /**
   * v1 `{message}`, v2 `{message, code, data: {code, appError: {code}}}`, downloads `{error, code?}`, the limit of an
   * address `{error}`. A 429 without Retry-After is a quota of a month: waiting a few seconds does not help.
   */
  readFailure(status, head, headers) {
    const body = jsonHead(head);
    const codes = [valueAt(body, 'data', 'appError', 'code'), valueAt(body, 'code'), valueAt(body, 'data', 'code')].map(
      codeText,
    );
    const isQuota = status === 429 && headers !== undefined && !headers.has('retry-after');
    return { errorCode: codes.find((code) => code !== null) ?? null, retry: isQuota ? 'permanent' : null };
  },

  check: () => ({ method: 'GET', path: '/api/v2/envelope?page=1&perPage=1' }),
};

const apiRoot = /\/api\/(v[12])(?=\/|$)/;

function versionOf(path: string): Version | null {
  return (apiRoot.exec(path)?.[1] as Version | undefined) ?? null;
}

function routeOf({ method, path }: ApiRequest): ApiRoute | null {
  const root = apiRoot.exec(path);
  if (root === null) return null;
  return findRoute(routes[root[1] as Version], method, segmentsOf(path.slice(root.index + root[0].length)));
}

/** An item's id stands in the path of its download alone: which envelope it belongs to, only the envelope tells. */
function partText(itemId: string | undefined): string | null {
  return subjectText(itemId, 'item:');
}

/** As the webhooks' profile names it: an envelope by its id, and what is known by a number alone with its kind. */
function subjectOf({ variables }: ApiRoute): string | null {
  const { envelopeId, documentId, templateId } = variables;
  return subjectText(envelopeId) ?? subjectText(documentId, 'document:') ?? subjectText(templateId, 'template:');
}
