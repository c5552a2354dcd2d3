import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiCall } from '../../../tests/providers/api-calls.ts';
import { docusignCalls } from './api-calls.rules.ts';
import { docusignApi } from './api.rules.ts';

const account = '/restapi/v2.1/accounts/1';
const envelope = `${account}/envelopes/AAA`;
const operation = (line: string) => docusignApi.operationOf(apiCall(line));

test.each([
  [`GET ${account}/envelopes?from_date=2026-01-01`, 'envelopes.list', null],
  [`POST ${account}/envelopes`, 'envelopes.create', null],
  [`PUT ${account}/envelopes/status`, 'envelopes.list-status', null],
  [`GET ${envelope}`, 'envelopes.get', 'AAA'],
  [`HEAD ${envelope}`, 'envelopes.get', 'AAA'],
  [`GET ${envelope}/documents/`, 'envelopes.documents.list', 'AAA'],
  [`GET ${envelope}/documents/combined`, 'envelopes.documents.download', 'AAA'],
  [`GET ${envelope}/recipients`, 'envelopes.recipients.list', 'AAA'],
  [`POST ${envelope}/views/recipient`, 'envelopes.views.recipient', 'AAA'],
  [`GET ${account}/templates/T1`, 'templates.get', null],
  [`GET ${account}/users`, 'users.list', null],
  [`PUT ${account}/connect/envelopes/AAA/retry_queue`, 'connect.retry', 'AAA'],
  [`PUT ${account}/connect/envelopes/retry_queue`, 'connect.retry-many', null],
  [`GET ${envelope}/something_new`, 'get.other', 'AAA'],
  ['GET /v2.1/accounts/1/envelopes/AAA', 'envelopes.get', 'AAA'],
  ['GET /restapi/v9/anything', 'get.other', null],
])('%s is %s about %s', (line, name, subject) => {
  expect(operation(line)).toMatchObject({ name, subject, counted: true });
});

test('an envelope is the same in either case, and written as Connect writes it', () => {
  const id = '44C5AD6C-B8D1-4F0E-9F5F-0C1A2D3E4F50';
  expect(operation(`GET ${account}/envelopes/${id}`).subject).toBe(id.toLowerCase());
});

test('every call that is named is one of DocuSign’s own client', () => {
  const client = join(import.meta.dirname, '../../../node_modules/docusign-esign/src/api');
  const plain = (line: string): string => line.replaceAll(/\{[^}]*\}/g, '{}');
  const calls = globSync('*.js', { cwd: client }).flatMap((file) =>
    [...readFileSync(join(client, file), 'utf8').matchAll(/'\/v2\.1(\/[^']*)', *'([A-Z]+)'/g)].map(
      ([, path = '', method = '']) => plain(`${method} ${path}`),
    ),
  );
  expect(calls.length).toBeGreaterThan(400);
  expect(calls).toEqual(expect.arrayContaining(Object.keys(docusignCalls).map(plain)));
});

test('signing in and user information are counted neither in the review nor in the limits', () => {
  for (const line of ['POST /oauth/token', 'GET /oauth/userinfo', 'GET /restapi/v2.1/login_information']) {
    expect(operation(line).counted).toBe(false);
    expect(docusignApi.budgetsOf(apiCall(line))).toEqual(['calls']);
  }
  expect(docusignApi.budgetsOf(apiCall(`GET ${envelope}`))).toEqual(['hourly', 'burst', 'calls']);
});

describe('limits', () => {
  test('are 3,000 an hour by the clock, and 200 or 500 in 30 seconds', () => {
    const hourly = { name: 'hourly', limit: 3_000, windowMs: 3_600_000, alignment: 'clock' };
    const burst = { name: 'burst', windowMs: 30_000, alignment: 'sliding' };
    expect(docusignApi.budgets('sandbox')).toEqual([hourly, { ...burst, limit: 200 }]);
    expect(docusignApi.budgets('production')).toEqual([hourly, { ...burst, limit: 500 }]);
  });

  test('are read from both pairs of headers', () => {
    const nowMs = Date.UTC(2026, 6, 1, 12, 30, 0);
    const headers = new Map([
      ['x-ratelimit-limit', '3000'],
      ['x-ratelimit-remaining', '12'],
      ['x-ratelimit-reset', String(Date.UTC(2026, 6, 1, 13, 0, 0) / 1_000)],
      ['x-burstlimit-limit', '500'],
      ['x-burstlimit-remaining', '499'],
    ]);
    expect(docusignApi.readBudgets(headers, nowMs)).toEqual([
      { budget: 'hourly', limit: 3_000, remaining: 12, resetAtMs: nowMs + 1_800_000 },
      { budget: 'burst', limit: 500, remaining: 499, resetAtMs: null },
    ]);
    expect(docusignApi.readBudgets(new Map(), nowMs)).toEqual([]);
  });
});

describe('the resource of the polling rule', () => {
  const resource = (line: string) => docusignApi.polling?.resourceOf(apiCall(line)) ?? null;

  test.each([
    ['a slash at its end', `${envelope}/documents`, `${envelope}/documents/`],
    ['a doubled slash', `${envelope}/documents`, `${envelope}//documents`],
    ['case', `${envelope}/documents`, `${account}/envelopes/aaa/Documents`],
    ['how an id is encoded', envelope, `${account}/envelopes/%41AA`],
    ['what the answer is to include', envelope, `${envelope}?include=recipients,documents`],
    ['a parameter that only makes it look new', `${envelope}/documents`, `${envelope}/documents?_=1699`],
    ['the order of a query', `${account}/envelopes?a=1&b=2`, `${account}/envelopes?b=2&a=1`],
  ])('is not another for %s', (_, one, other) => {
    expect(resource(`GET ${other}`)).toBe(resource(`GET ${one}`));
    expect(resource(`GET ${one}`)).not.toBeNull();
  });

  test.each([
    ['another document', `${envelope}/documents/1`, `${envelope}/documents/2`],
    ['a document and their list', `${envelope}/documents`, `${envelope}/documents/1`],
    ['another envelope', envelope, `${account}/envelopes/BBB`],
    ['another account', envelope, '/restapi/v2.1/accounts/2/envelopes/AAA'],
    ['another page', `${envelope}/recipients?start_position=0`, `${envelope}/recipients?start_position=100`],
    ['another search of envelopes', `${account}/envelopes?status=sent`, `${account}/envelopes?status=completed`],
  ])('is another for %s', (_, one, other) => {
    expect(resource(`GET ${other}`)).not.toBe(resource(`GET ${one}`));
  });

  test.each([
    `PUT ${envelope}`,
    `POST ${account}/envelopes`,
    `GET ${account}/users`,
    `GET ${account}/templates/1`,
    'GET /oauth/userinfo',
  ])('is none for %s', (line) => {
    expect(resource(line)).toBeNull();
  });
});

test.each([
  [`GET ${envelope}/documents/1`, true],
  [`GET ${envelope}/documents/combined?certificate=true`, true],
  [`GET ${envelope}/documents/certificate`, true],
  [`GET ${envelope}/documents`, false],
  [`GET ${envelope}`, false],
  [`PUT ${envelope}/documents/1`, false],
  [`GET ${account}/templates/1/documents/1`, false],
])('%s never changes after completion: %s', (line, isImmutable) => {
  expect(docusignApi.isImmutable(apiCall(line))).toBe(isImmutable);
});

test.each([
  [`GET ${envelope}`, { status: 'completed', envelopeId: 'AAA' }, 'AAA'],
  [`GET ${envelope}`, { status: 'Completed' }, 'AAA'],
  [`GET ${envelope}`, { status: 'voided' }, null],
  [`GET ${envelope}/recipients`, { status: 'completed' }, null],
  [`PUT ${envelope}`, { status: 'completed' }, null],
  [`GET ${envelope}`, undefined, null],
])('%s with %j shows the completion of %s', (line, body, subject) => {
  expect(docusignApi.completedBy(apiCall(line), body)).toBe(subject);
});

test.each([
  [429, 'HOURLY_APIINVOCATION_LIMIT_EXCEEDED', 'permanent'],
  [400, 'Hourly_Envelope_Polling_Limit_Exceeded', 'permanent'],
  [400, 'Burst_Envelope_Polling_Limit_Exceeded', 'permanent'],
  [400, 'Hourly_APIInvocation_Envelope_Limit_Exceeded', 'permanent'],
  [400, 'Burst_APIInvocation_Envelope_Limit_Exceeded', 'permanent'],
  [400, 'ENVELOPE_DOES_NOT_EXIST', null],
])('%i with %s is read', (status, errorCode, retry) => {
  const body = JSON.stringify({
    errorCode,
    message: 'The maximum number of hourly API invocations has been exceeded.',
  });
  expect(docusignApi.readFailure(status, Buffer.from(body))).toEqual({ errorCode, retry });
});

test('an answer that is cut or no JSON tells no code', () => {
  for (const text of ['{"errorCode":"X', '<errorDetails/>', '', '[]', 'null']) {
    expect(docusignApi.readFailure(500, Buffer.from(text))).toEqual({ errorCode: null, retry: null });
  }
});

test('the check asks for the account, where it is known', () => {
  expect(docusignApi.check({ accountId: 'abc-1' })).toEqual({ method: 'GET', path: '/v2.1/accounts/abc-1' });
  expect(docusignApi.check({ accountId: '' })).toBeNull();
  expect(operation('GET /restapi/v2.1/accounts/abc-1').name).toBe('accounts.get');
});
