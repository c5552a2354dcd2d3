import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../random.rules.ts';
import { createFaultBook, parseFault } from './faults.rules.ts';

test.each([
  ['slow=2s:10%', { kind: 'slow', delayMs: 2000, share: 0.1 }],
  ['trickle=100ms', { kind: 'trickle', everyMs: 100 }],
  ['429=5:x3@/api/v2/*', { kind: 'status', status: 429, retryAfterSeconds: 5, times: 3, path: '/api/v2/*' }],
  ['503', { kind: 'status', status: 503, retryAfterSeconds: null }],
  ['cut@GET /a', { kind: 'cut', method: 'GET', path: '/a' }],
  ['maintenance', { kind: 'maintenance' }],
])('%s is read', (text, fault) => {
  expect(parseFault(text)).toEqual(fault);
});

test.each([
  '',
  'slow',
  'slow=2',
  'slow=61m',
  'reset=1',
  '200',
  '999',
  'slow=1s:101%',
  'constructor',
  '503@api',
  '503=x',
])('"%s" is none', (text) => {
  expect(parseFault(text)).toBeNull();
});

test('any text is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const fault = parseFault(text);
      expect(fault === null || typeof fault.kind === 'string').toBe(true);
    }),
  );
});

test('the next n are hit, then none; and only where they are meant to', () => {
  const book = createFaultBook([{ kind: 'reset', times: 2, method: 'GET', path: '/a.b/*' }], createRandom('x'));
  const hits = [
    book.choose('POST', '/a.b/c'),
    book.choose('GET', '/aXb/c'),
    book.choose('GET', '/a.b/c'),
    book.choose('GET', '/a.b/'),
    book.choose('GET', '/a.b/c'),
  ];
  expect(hits.map(({ ending }) => ending?.kind ?? null)).toEqual([null, null, 'reset', 'reset', null]);
});

test('a share is hit about as often as it says', () => {
  const book = createFaultBook([{ kind: 'cut', share: 0.25 }], createRandom('share'));
  const hits = Array.from({ length: 4000 }, () => book.choose('GET', '/')).filter(({ ending }) => ending !== null);
  expect(hits.length).toBeGreaterThan(900);
  expect(hits.length).toBeLessThan(1100);
});

test('delays add up, and of endings the first counts without using up the others', () => {
  const book = createFaultBook(
    [
      { kind: 'slow', delayMs: 5 },
      { kind: 'slow', delayMs: 7 },
      { kind: 'reset', times: 1 },
      { kind: 'lost', times: 1 },
    ],
    createRandom('x'),
  );
  const kinds = [book.choose('GET', '/'), book.choose('GET', '/'), book.choose('GET', '/')];
  expect(kinds.map(({ delayMs, ending }) => [delayMs, ending?.kind])).toEqual([
    [12, 'reset'],
    [12, 'lost'],
    [12, undefined],
  ]);
});
