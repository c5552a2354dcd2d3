import { codeText, jsonHead, ownBudget, valueAt } from '../api-answers.rules.ts';
import type { ApiProfile, ApiRequest, Operation } from '../api-profile.ts';
import {
  compileRoutes,
  findRoute,
  isIdempotent,
  otherOperation,
  segmentsOf,
  subjectText,
} from '../api-routes.rules.ts';
import type { ApiRoute } from '../api-routes.rules.ts';

const baseUrl = 'https://app.goroute.ai/peppol-api';
const hosts = ['app.goroute.ai'];
const sandboxPrefix = 'sk_test_';

const routes = compileRoutes('/peppol-api', {
  'POST /api/v1/send': 'documents.send',
  'POST /api/v1/validate': 'documents.validate',
  'GET /api/v1/documents/{documentId}/download': 'documents.download',
  'GET /api/v1/transactions': 'transactions.list',
  'GET /api/v1/transactions/{transactionId}': 'transactions.get',
  'GET /api/v1/organizations': 'organizations.list',
  'POST /api/v1/webhooks': 'webhooks.create',
  'GET /api/v1/participants/lookup': 'participants.lookup',
  'GET /participants/lookup': 'participants.lookup',
  'GET /peppol/version': 'version.get',
  'GET /health': 'health.get',
});

/** GoRoute, as far as its documentation is public: nothing is known of rate limits. */
export const gorouteApi: ApiProfile = {
  name: 'goroute',
  title: 'GoRoute',
  setup:
    'Enter an API key of GoRoute as a header named X-API-Key. Sandbox and production have one address: only the key ' +
    `tells them apart, and those of the sandbox begin with ${sandboxPrefix}.`,
  environments: { sandbox: { baseUrl, hosts }, production: { baseUrl, hosts } },
  selfHosted: false,
  credentialKinds: ['header'],
  options: {
    lookupPath: {
      kind: 'choice',
      description:
        'Where participants are looked up. Both occur in the documentation of GoRoute, with different answers: take the ' +
        'one that your account answers at.',
      default: '/api/v1/participants/lookup',
      choices: ['/api/v1/participants/lookup', '/participants/lookup'],
    },
  },

  problemOfSecret(value, environment) {
    const isSandboxKey = value.startsWith(sandboxPrefix);
    if (environment === 'production' && isSandboxKey) {
      return `This is a key of the sandbox: it begins with ${sandboxPrefix}. Enter one of production, or make this a sandbox connection.`;
    }
    if (environment === 'sandbox' && !isSandboxKey) {
      return `Keys of the sandbox begin with ${sandboxPrefix}; with any other key this connection would send real documents. Enter a key of the sandbox, or make this a production connection.`;
    }
    return null;
  },

  budgets: () => [],
  budgetsOf: () => [ownBudget],
  readBudgets: () => [],

  operationOf(request): Operation {
    const route = routeOf(request);
    if (route === null) return otherOperation(request.method, '/peppol-api/*');
    const { name, template, variables } = route;
    return {
      name,
      template,
      subject: subjectText(variables.transactionId ?? variables.documentId),
      // Sending may be repeated only under an Idempotency-Key, which the operation does not know of.
      repeatable: isIdempotent(request.method) || name === 'documents.validate',
      counted: true,
    };
  },

  polling: null,
  isImmutable: (request) => request.method === 'GET' && routeOf(request)?.name === 'documents.download',

  completedBy(request, body) {
    const route = request.method === 'GET' ? routeOf(request) : null;
    if (route?.name !== 'transactions.get' || valueAt(body, 'status') !== 'delivered') return null;
    return subjectText(route.variables.transactionId);
  },

  completionEvents: ['transaction.delivered', 'document.received'],

  /** `{error: {code}}` on some pages, `AUTH_001` and `VAL_001` without a documented place on others. */
  readFailure(_status, head) {
    const body = jsonHead(head);
    const nested = codeText(valueAt(body, 'error', 'code'));
    if (nested !== null) return { errorCode: nested, retry: null };
    const places = [['code'], ['error_code'], ['error'], ['detail', 'code'], ['detail']];
    const numbered = places.map((path) => valueAt(body, ...path)).find(isNumberedCode);
    return { errorCode: codeText(numbered), retry: null };
  },

  check: () => ({ method: 'GET', path: '/api/v1/organizations' }),
};

function isNumberedCode(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z]{2,20}_\d{3}$/.test(value);
}

/** With the base URL's own path in front, or without it where another one stands in for GoRoute. */
function routeOf({ method, path }: ApiRequest): ApiRoute | null {
  return findRoute(routes, method, segmentsOf(path.replace(/^\/peppol-api(?=\/|$)/, '')));
}
