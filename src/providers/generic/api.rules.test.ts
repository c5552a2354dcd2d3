import { expect, test } from 'vitest';
import { apiCall } from '../../../tests/providers/api-calls.ts';
import { readOptions } from '../read-options.rules.ts';
import { genericApi } from './api.rules.ts';

test('calls are known by their method alone', () => {
  expect(genericApi.operationOf(apiCall('PUT /v1/people/ada'))).toEqual({
    name: 'put.other',
    template: '/*',
    subject: null,
    repeatable: true,
    counted: true,
  });
  expect(genericApi.operationOf(apiCall('POST /v1/people')).repeatable).toBe(false);
  expect(genericApi.operationOf(apiCall('M-SEARCH /')).name).toBe('unknown.other');
});

test.each([
  [{ code: 'not_found' }, 'not_found'],
  [{ error: { code: 'E42', message: 'm' } }, 'E42'],
  [{ error: 'invalid_grant', error_description: 'prose' }, 'invalid_grant'],
  [{ error: 'Ada is not known' }, null],
  [{ message: 'm' }, null],
])('%j tells the code %s', (body, errorCode) => {
  expect(genericApi.readFailure(400, Buffer.from(JSON.stringify(body)))).toEqual({ errorCode, retry: null });
});

test('the check asks for the path that an option gives', () => {
  expect(genericApi.check({ checkPath: '/v1/me' })).toEqual({ method: 'GET', path: '/v1/me' });
  expect(genericApi.check({ checkPath: '' })).toBeNull();
  const read = (checkPath: string) => readOptions(genericApi.options, { checkPath }, '/options').ok;
  expect(['', '/v1/me?x=1', 'v1/me', '/a b'].map(read)).toEqual([true, true, false, false]);
});
