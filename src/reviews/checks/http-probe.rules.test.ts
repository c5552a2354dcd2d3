import { expect, test } from 'vitest';
import { judgeProbe } from './http-probe.rules.ts';

const probe = { kind: 'http-probe' as const, url: 'https://status.example.com/api', expect: {} };
const answer = { kind: 'answer' as const, status: 200, body: '{"ready":true}', isCut: false, totalMs: 6.4 };

test('the figures of a probe are named as those of all other checks, so that rules and programs find them', () => {
  expect(judgeProbe(probe, answer).values).toEqual([
    { name: 'answered', value: true },
    { name: 'status', value: 200 },
    { name: 'totalMs', value: 6 },
  ]);
});

test('what was expected and did not come is said, and nothing of the body is', () => {
  const seen = (expected: object) => judgeProbe({ ...probe, expect: expected }, answer);
  expect(seen({ json: { pointer: '/ready', equals: true } }).state).toBe('passed');
  expect(seen({ json: { pointer: '/ready', equals: false } }).seen).toBe(
    'The answer was 200, and /ready is not what is expected.',
  );
  expect(seen({ status: 204 }).seen).toBe('The answer was 200, expected was 204.');
  expect(seen({ contains: 'down' }).seen).toBe('The answer was 200 and did not contain what is expected.');
  expect(judgeProbe(probe, { kind: 'failure', reason: 'connect' }).seen).toBe('No answer came: connect.');
});
