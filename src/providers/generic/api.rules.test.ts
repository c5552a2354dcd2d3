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

test.each([
  [{ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1900000042' }, 0, 42_000],
  [{ 'ratelimit-remaining': '7', 'ratelimit-reset': '30' }, 7, 30_000],
  [{ 'x-rate-limit-remaining': '7', 'x-rate-limit-reset': '1' }, 7, 1_000],
  [{ ratelimit: 'limit=100, remaining=50, reset=30' }, 50, 30_000],
  [{ ratelimit: '"default";r=50;t=30' }, 50, 30_000],
  [{ ratelimit: '"burst"; r=50; t=30, "a, day";r=4;t=4000;pk=:cHNvaG4=:' }, 4, 4_000_000],
])('%j tell what is left until when', (headers, remaining, afterMs) => {
  const nowMs = 1_900_000_000_000;
  expect(genericApi.readLeft?.(new Map(Object.entries(headers)), nowMs)).toEqual({
    remaining,
    resetAtMs: nowMs + afterMs,
  });
});

test.each([
  {},
  { 'x-ratelimit-remaining': '0' },
  { 'x-ratelimit-reset': '30' },
  { 'ratelimit-remaining': 'few', 'ratelimit-reset': '30' },
  { 'ratelimit-remaining': '1', 'ratelimit-reset': '-30' },
  { ratelimit: '"default";r=50' },
  { ratelimit: '"default";r=-5;t=30' },
  { ratelimit: '"default";r=5.5;t=30' },
])('%j tell of no limit: both what is left and until when have to be there', (headers) => {
  expect(genericApi.readLeft?.(new Map(Object.entries(headers)), 0)).toBeNull();
});
