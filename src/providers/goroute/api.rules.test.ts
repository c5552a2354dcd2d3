import { describe, expect, test } from 'vitest';
import { apiCall } from '../../../tests/providers/api-calls.ts';
import { readOptions } from '../read-options.rules.ts';
import { gorouteApi } from './api.rules.ts';

const base = '/peppol-api';
const operation = (line: string) => gorouteApi.operationOf(apiCall(line));
const failure = (status: number, body: unknown) => gorouteApi.readFailure(status, Buffer.from(JSON.stringify(body)));

test.each([
  [`POST ${base}/api/v1/send`, 'documents.send', null, false],
  [`POST ${base}/api/v1/validate`, 'documents.validate', null, true],
  [`GET ${base}/api/v1/transactions`, 'transactions.list', null, true],
  [`GET ${base}/api/v1/transactions/txn_42`, 'transactions.get', 'txn_42', true],
  [`GET ${base}/api/v1/documents/doc_7/download`, 'documents.download', 'doc_7', true],
  [`GET ${base}/api/v1/organizations`, 'organizations.list', null, true],
  [`POST ${base}/api/v1/webhooks`, 'webhooks.create', null, false],
  [`GET ${base}/participants/lookup?identifier=0088:1`, 'participants.lookup', null, true],
  [`GET ${base}/api/v1/participants/lookup?peppol_id=0088:1`, 'participants.lookup', null, true],
  [`GET ${base}/health`, 'health.get', null, true],
  [`GET ${base}/peppol/version`, 'version.get', null, true],
  ['GET /api/v1/transactions/txn_42', 'transactions.get', 'txn_42', true],
  [`POST ${base}/api/v1/anything`, 'post.other', null, false],
])('%s is %s about %s, to be repeated: %s', (line, name, subject, repeatable) => {
  expect(operation(line)).toMatchObject({ name, subject, repeatable });
});

describe('a key', () => {
  const problem = (value: string, environment: 'sandbox' | 'production') =>
    gorouteApi.problemOfSecret?.(value, environment) ?? null;

  test('of the sandbox is refused in production, and any other in the sandbox, without being quoted', () => {
    expect(problem('sk_test_abc123', 'sandbox')).toBeNull();
    expect(problem('pk_goroute_abc123', 'production')).toBeNull();
    for (const told of [problem('sk_test_abc123', 'production'), problem('pk_goroute_abc123', 'sandbox')]) {
      expect(told).toContain('Enter');
      expect(told).not.toContain('abc123');
    }
  });
});

test('nothing is known of limits: only the operator’s own budget is used', () => {
  expect(gorouteApi.budgets('production')).toEqual([]);
  expect(gorouteApi.budgetsOf(apiCall(`POST ${base}/api/v1/send`))).toEqual(['calls']);
});

test.each([
  ['the nested scheme', 422, { error: { code: 'VALIDATION_ERROR', message: 'm', details: [] } }, 'VALIDATION_ERROR'],
  ['the numbered scheme', 401, { code: 'AUTH_001', message: 'm' }, 'AUTH_001'],
  ['the numbered scheme as a text', 422, { error: 'VAL_003' }, 'VAL_003'],
  ['a word that is no code', 400, { error: 'invalid', code: 'invalid' }, null],
  ['prose', 500, { error: { code: 'Ada is not known' } }, null],
])('%s of errors tells its code', (_, status, body, errorCode) => {
  expect(failure(status, body)).toEqual({ errorCode, retry: null });
});

test('a delivered transaction is completed, and a document that was downloaded never changes', () => {
  const line = `GET ${base}/api/v1/transactions/txn_42`;
  expect(gorouteApi.completedBy(apiCall(line), { status: 'delivered' })).toBe('txn_42');
  for (const status of ['pending', 'processing', 'sending', 'failed']) {
    expect(gorouteApi.completedBy(apiCall(line), { status })).toBeNull();
  }
  expect(gorouteApi.isImmutable(apiCall(`GET ${base}/api/v1/documents/doc_7/download`))).toBe(true);
  expect(gorouteApi.isImmutable(apiCall(line))).toBe(false);
});

test('both paths of the lookup can be chosen, and no other', () => {
  const read = (lookupPath: string) => readOptions(gorouteApi.options, { lookupPath }, '/options').ok;
  expect(['/participants/lookup', '/api/v1/participants/lookup', '/elsewhere'].map(read)).toEqual([true, true, false]);
});
