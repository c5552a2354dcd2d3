import { expect, test } from 'vitest';
import { cutRequest } from './render-call.rules.ts';

const account = '/v2.1/accounts/987f4ec1-a14f-42e2-8597-6cd2183931a3';

test('a request that fits is shown as it is', () => {
  expect(cutRequest('GET /api/v2/envelope?page=1', 27)).toBe('GET /api/v2/envelope?page=1');
  expect(cutRequest('REQUEST', 30)).toBe('REQUEST');
});

test('of one that does not fit the end is shown, which tells calls of one account apart', () => {
  const requests = ['/recipients', '/documents/combined', ''].map((end) => `GET ${account}/envelopes/0c0ffef5${end}`);
  expect(requests.map((request) => cutRequest(request, 33))).toEqual([
    'GET …nvelopes/0c0ffef5/recipients',
    'GET …/0c0ffef5/documents/combined',
    'GET …2183931a3/envelopes/0c0ffef5',
  ]);
});

test('a query is left out before the path is cut', () => {
  expect(cutRequest(`GET ${account}/envelopes?from_date=2026-01-01&status=completed`, 30)).toBe(
    'GET …-6cd2183931a3/envelopes?…',
  );
  expect(cutRequest('GET /api/v2/envelope?page=1&perPage=100', 24)).toBe('GET /api/v2/envelope?…');
});

test('where there is hardly room, the beginning is shown', () => {
  expect(cutRequest(`DELETE ${account}`, 12)).toBe('DELETE /v2.…');
});
