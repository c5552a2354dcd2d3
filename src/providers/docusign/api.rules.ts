import { codeText, jsonHead, ownBudget, resetHeader, valueAt, wholeHeader } from '../api-answers.rules.ts';
import type { ApiProfile, ApiRequest, Budget, BudgetReading } from '../api-profile.ts';
import {
  compileRoutes,
  findRoute,
  isIdempotent,
  otherOperation,
  segmentsOf,
  subjectText,
} from '../api-routes.rules.ts';
import type { ApiRoute } from '../api-routes.rules.ts';
import { docusignAccountCalls, docusignCalls } from './api-calls.rules.ts';
import { envelopeIdOf, pollingResourceOf } from './polling-resource.rules.ts';

const hourly: Budget = { name: 'hourly', limit: 3_000, windowMs: 3_600_000, alignment: 'clock' };
const burst = { sandbox: 200, production: 500 } as const;
const burstWindowMs = 30_000;

const routes = compileRoutes('/restapi/v2.1', docusignCalls);
const accountRoutes = compileRoutes('', docusignAccountCalls);

/** Signing in and asking who one is are not counted in the review of calls, nor against the limits. */
const uncounted: ReadonlySet<string> = new Set(['login', ...Object.values(docusignAccountCalls)]);

/** Waiting a few seconds does not end these: the hour has to, or the polling. */
const lastingCodes =
  /^(?:hourly_apiinvocation_limit_exceeded|(?:hourly|burst)_(?:envelope_polling|apiinvocation_envelope)_limit_exceeded)$/i;

/** DocuSign eSignature REST API 2.1. */
export const docusignApi: ApiProfile = {
  name: 'docusign',
  title: 'DocuSign eSignature',
  setup:
    'In DocuSign under Apps and Keys, add an app with an RSA key pair, and enter its integration key, the private key and ' +
    'the API user name of the user that it acts for. That user, or an administrator, allows the app once. Production ' +
    'has keys of its own after the app has gone live.',
  environments: {
    sandbox: {
      baseUrl: 'https://demo.docusign.net/restapi',
      hosts: ['demo.docusign.net', 'account-d.docusign.com'],
    },
    production: { baseUrl: null, hosts: ['*.docusign.net', 'account.docusign.com'] },
  },
  selfHosted: false,
  credentialKinds: ['docusign-jwt', 'bearer'],
  options: {
    accountId: {
      kind: 'text',
      description:
        'The API account id (a GUID), for checks and for users with several accounts. Left out, it is the default account.',
      default: '',
      pattern: '^[0-9A-Za-z-]{0,64}$',
      maxLength: 64,
    },
  },

  budgets: (environment) => [
    hourly,
    { name: 'burst', limit: burst[environment], windowMs: burstWindowMs, alignment: 'sliding' },
  ],

  budgetsOf: (request) => (isCounted(request) ? [hourly.name, 'burst', ownBudget] : [ownBudget]),

  readBudgets(headers, nowMs) {
    const readings: BudgetReading[] = [
      {
        budget: hourly.name,
        limit: wholeHeader(headers, 'x-ratelimit-limit'),
        remaining: wholeHeader(headers, 'x-ratelimit-remaining'),
        resetAtMs: resetHeader(headers, 'x-ratelimit-reset', hourly, nowMs),
      },
      {
        budget: 'burst',
        limit: wholeHeader(headers, 'x-burstlimit-limit'),
        remaining: wholeHeader(headers, 'x-burstlimit-remaining'),
        resetAtMs: null,
      },
    ];
    return readings.filter(
      ({ limit, remaining, resetAtMs }) => limit !== null || remaining !== null || resetAtMs !== null,
    );
  },

  operationOf(request) {
    const { method } = request;
    const route = routeOf(request);
    const subject = subjectText(envelopeIdOf(request.path) ?? undefined);
    if (route === null) return { ...otherOperation(method, otherTemplate(request.path)), subject };
    const { name, template } = route;
    return { name, template, subject, repeatable: isIdempotent(method), counted: !uncounted.has(name) };
  },

  polling: { windowMs: 900_000, resourceOf: pollingResourceOf },

  /** Documents, `combined`, `archive` and `certificate` are all `/documents/{documentId}`. */
  isImmutable(request) {
    return request.method === 'GET' && routeOf(request)?.name === 'envelopes.documents.download';
  },

  completedBy(request, body) {
    if (request.method !== 'GET' || routeOf(request)?.name !== 'envelopes.get') return null;
    const status = valueAt(body, 'status');
    const isCompleted = typeof status === 'string' && status.toLowerCase() === 'completed';
    return isCompleted ? subjectText(envelopeIdOf(request.path) ?? undefined) : null;
  },

  completionEvents: ['envelope-completed'],

  /** `{errorCode, message}`. Refused polling is a 400, which would not be retried anyway; the hourly limit would. */
  readFailure(_status, head) {
    const errorCode = codeText(valueAt(jsonHead(head), 'errorCode'));
    return { errorCode, retry: errorCode !== null && lastingCodes.test(errorCode) ? 'permanent' : null };
  },

  check({ accountId }) {
    if (typeof accountId !== 'string' || accountId === '') return null;
    return { method: 'GET', path: `/v2.1/accounts/${encodeURIComponent(accountId)}` };
  },
};

const apiRoot = /\/v2(?:\.1)?(?=\/)/;

function routeOf({ method, path }: ApiRequest): ApiRoute | null {
  const root = apiRoot.exec(path);
  if (root === null) return findRoute(accountRoutes, method, segmentsOf(path));
  return findRoute(routes, method, segmentsOf(path.slice(root.index + root[0].length)));
}

function isCounted(request: ApiRequest): boolean {
  const route = routeOf(request);
  return route === null || !uncounted.has(route.name);
}

function otherTemplate(path: string): string {
  if (envelopeIdOf(path) !== null) return '/restapi/v2.1/accounts/{accountId}/envelopes/{envelopeId}/*';
  return apiRoot.test(path) ? '/restapi/v2.1/*' : '/*';
}
