import { expect, test } from 'vitest';
import { tokenOfAuthorization, tokenOfProviderHeaders } from './request-token.rules.ts';

const key = `phk_01h2xcejqtf2nbrexx3vqjhp41_${'a'.repeat(43)}`;

test.each([
  [{ authorization: `Bearer ${key}` }],
  [{ authorization: `bearer  ${key} ` }],
  [{ authorization: key }],
  [{ 'x-api-key': key }],
  [{ 'posthorn-key': key }],
  [{ authorization: 'Bearer placeholder', 'x-api-key': key }],
  [{ authorization: 'Basic dTpw', 'posthorn-key': key }],
  [{ 'x-api-key': 'placeholder', 'posthorn-key': key }],
])('a key is found in %j', (headers) => {
  expect(tokenOfProviderHeaders(headers)).toBe(key);
});

test('of tokens that are no api keys the first is taken, which may be the operator’s', () => {
  expect(tokenOfProviderHeaders({ authorization: 'Bearer operator', 'x-api-key': 'other' })).toBe('operator');
  expect(tokenOfProviderHeaders({ authorization: 'Bearer other', 'posthorn-key': 'operator' })).toBe('operator');
});

test.each([[{}], [{ authorization: 'Basic dTpw' }], [{ authorization: '' }], [{ 'x-api-key': 'x'.repeat(600) }]])(
  'there is none in %j',
  (headers) => {
    expect(tokenOfProviderHeaders(headers)).toBeNull();
  },
);

test('other routes take a key as a bearer token only', () => {
  expect(tokenOfAuthorization(`Bearer ${key}`)).toBe(key);
  expect(tokenOfAuthorization(key)).toBeNull();
  expect(tokenOfAuthorization(undefined)).toBeNull();
});
