import { codeText, jsonHead, ownBudget, valueAt, wholeHeader } from '../api-answers.rules.ts';
import type { ApiProfile, LeftReading } from '../api-profile.ts';
import { otherOperation } from '../api-routes.rules.ts';

/** As most APIs name them; `RateLimit-` is that of the IETF's drafts (draft-ietf-httpapi-ratelimit-headers). */
const limitHeaders = ['x-ratelimit', 'ratelimit', 'x-rate-limit'];
/** A reset is in seconds from now, or a Unix time: no window lasts 30 years. */
const leastUnixSeconds = 1_000_000_000;

/** Any API over HTTPS: nothing is known of it but what HTTP says, and what the connection's policy says. */
export const genericApi: ApiProfile = {
  name: 'generic',
  title: 'Generic',
  setup:
    "Give the API's address as baseUrl and the credentials that its documentation asks for. Limits are the connection's " +
    `own: its policy may give the budget \`${ownBudget}\` one. What X-RateLimit and RateLimit headers tell is kept to.`,
  environments: { sandbox: { baseUrl: null, hosts: [] }, production: { baseUrl: null, hosts: [] } },
  selfHosted: true,
  credentialKinds: ['bearer', 'header', 'basic', 'oauth-client-credentials'],
  options: {
    checkPath: {
      kind: 'text',
      description: 'A path below the base URL that GET shows credentials to work with, and that changes nothing.',
      default: '',
      pattern: '^(?:/[!-~]*)?$',
      maxLength: 1_000,
      examples: ['/v1/me'],
    },
  },
  budgets: () => [],
  budgetsOf: () => [ownBudget],
  readBudgets: () => [],

  readLeft(headers, nowMs) {
    for (const name of limitHeaders) {
      const remaining = wholeHeader(headers, `${name}-remaining`);
      const reset = wholeHeader(headers, `${name}-reset`);
      if (remaining === null || reset === null) continue;
      return { remaining, resetAtMs: reset * 1_000 + (reset < leastUnixSeconds ? nowMs : 0) };
    }
    const together = headers.get('ratelimit');
    return together === undefined ? null : readTogether(together, nowMs);
  },

  operationOf: ({ method }) => otherOperation(method, '/*'),
  polling: null,
  isImmutable: () => false,
  completedBy: () => null,
  completionEvents: [],

  /** Where most APIs have it: `code`, or `error.code`, or RFC 6749's `error`. */
  readFailure(_status, head) {
    const body = jsonHead(head);
    const places = [['code'], ['error', 'code'], ['errorCode'], ['error']];
    const codes = places.map((path) => codeText(valueAt(body, ...path)));
    return { errorCode: codes.find((code) => code !== null) ?? null, retry: null };
  },

  check({ checkPath }) {
    return typeof checkPath === 'string' && checkPath !== '' ? { method: 'GET', path: checkPath } : null;
  },
};

/**
 * `RateLimit` alone, as the drafts have it: up to 07 a dictionary (`limit=9, remaining=5, reset=30`), from 08 on a list of
 * policies (`"burst";r=5;t=30, "day";r=900;t=4000`), of which the one with the least left holds.
 */
function readTogether(text: string, nowMs: number): LeftReading | null {
  let least: LeftReading | null = null;
  for (const policy of text.includes('remaining=') ? [text] : text.split(',')) {
    const remaining = /(?:^|[\s,;])(?:remaining|r)=(\d{1,12})(?![\d.])/.exec(policy)?.[1];
    const reset = /(?:^|[\s,;])(?:reset|t)=(\d{1,12})(?![\d.])/.exec(policy)?.[1];
    if (remaining === undefined || reset === undefined) continue;
    const reading = { remaining: Number(remaining), resetAtMs: nowMs + Number(reset) * 1_000 };
    if (least === null || reading.remaining < least.remaining) least = reading;
  }
  return least;
}
